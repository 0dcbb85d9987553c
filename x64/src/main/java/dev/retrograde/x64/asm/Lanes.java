package dev.retrograde.x64.asm;

/// How many bits of a mask register an instruction works on; the letter ends its mnemonic.
public enum Lanes {
  /// 8 lanes.
  B(1),
  /// 16 lanes.
  W(2),
  /// 32 lanes.
  D(4),
  /// 64 lanes.
  Q(8);

  private final int bytes;

  Lanes(int bytes) {
    this.bytes = bytes;
  }

  int bytes() {
    return bytes;
  }

  /// The prefix and W bit that the instructions between masks use: (66, NP) by (0, 1).
  int prefix() {
    return this == B || this == D ? VOpColumns.P66 : VOpColumns.NP;
  }

  int w() {
    return this == D || this == Q ? 1 : 0;
  }
}
