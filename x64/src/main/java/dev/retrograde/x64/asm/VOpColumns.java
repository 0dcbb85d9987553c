package dev.retrograde.x64.asm;

/// Short names for the cells of the table in [VOp].
final class VOpColumns {
  private VOpColumns() {}

  // Mandatory prefix, as the pp field encodes it.
  static final int NP = 0;
  static final int P66 = 1;
  static final int PF3 = 2;
  static final int PF2 = 3;

  // Opcode map, as the mmm field encodes it.
  static final int M0F = 1;
  static final int M38 = 2;
  static final int M3A = 3;

  // Sets of widths.
  static final int S = Width.S.bit();
  static final int X = Width.X.bit();
  static final int Y = Width.Y.bit();
  static final int Z = Width.Z.bit();
  static final int XY = X | Y;
  static final int YZ = Y | Z;
  static final int XYZ = XY | Z;
}
