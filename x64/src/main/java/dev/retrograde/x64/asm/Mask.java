package dev.retrograde.x64.asm;

import java.util.Locale;

/// An AVX-512 mask register: one bit for each lane.
///
/// As a write mask, `K0` means "all lanes", which is how the processor reads it; as an operand of
/// the mask instructions it is a register like the others.
public enum Mask {
  K0,
  K1,
  K2,
  K3,
  K4,
  K5,
  K6,
  K7;

  /// The number of this register in an encoding, 0 to 7.
  int code() {
    return ordinal();
  }

  /// The name that a listing shows.
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
