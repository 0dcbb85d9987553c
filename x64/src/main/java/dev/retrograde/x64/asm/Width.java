package dev.retrograde.x64.asm;

/// How much of a vector register an instruction works on.
///
/// Where source and result differ in size (conversions, extractions), the width is that of the
/// wider one. `S` belongs to the scalar instructions (`VADDSS`, `VMOVSD`, ...) and to them alone.
public enum Width {
  /// One element, in the lowest lane of a 128-bit register.
  S(16, 0),
  /// 128 bits.
  X(16, 0),
  /// 256 bits.
  Y(32, 1),
  /// 512 bits, always in the EVEX encoding.
  Z(64, 2);

  private final int bytes;
  private final int lengthField;

  Width(int bytes, int lengthField) {
    this.bytes = bytes;
    this.lengthField = lengthField;
  }

  /// Bytes in the register at this width; 16 for `S`.
  public int bytes() {
    return bytes;
  }

  /// The value of the vector-length field (VEX.L, EVEX.L'L).
  int lengthField() {
    return lengthField;
  }

  /// Half of this width, at least `X`.
  Width half() {
    return this == Z ? Y : X;
  }

  /// The first letters of a register's name at this width.
  String registerPrefix() {
    return this == Z ? "zmm" : this == Y ? "ymm" : "xmm";
  }

  /// This width's bit in a set of widths.
  int bit() {
    return 1 << ordinal();
  }
}
