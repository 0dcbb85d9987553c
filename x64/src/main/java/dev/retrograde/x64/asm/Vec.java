package dev.retrograde.x64.asm;

/// A vector register, 0 to 31; an instruction's [Width] says how much of it takes part.
///
/// Registers 16 to 31 exist with AVX-512 only: using one forces the EVEX encoding, and an
/// instruction without it refuses them. No vector register survives a call under the System V
/// convention.
public enum Vec implements VecOrMem {
  V0,
  V1,
  V2,
  V3,
  V4,
  V5,
  V6,
  V7,
  V8,
  V9,
  V10,
  V11,
  V12,
  V13,
  V14,
  V15,
  V16,
  V17,
  V18,
  V19,
  V20,
  V21,
  V22,
  V23,
  V24,
  V25,
  V26,
  V27,
  V28,
  V29,
  V30,
  V31;

  private static final Vec[] ALL = values();

  /// The register with the given number.
  ///
  /// @throws IllegalArgumentException if `index` is not 0 to 31
  public static Vec of(int index) {
    if (index < 0 || index >= ALL.length) {
      throw new IllegalArgumentException(
          "vector register " + index + " does not exist: expected 0 to 31");
    }
    return ALL[index];
  }

  /// The number of this register, 0 to 31.
  public int index() {
    return ordinal();
  }

  /// The name that a listing shows at the given width.
  String text(Width width) {
    return width.registerPrefix() + ordinal();
  }
}
