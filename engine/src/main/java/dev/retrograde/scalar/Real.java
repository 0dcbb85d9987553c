package dev.retrograde.scalar;

import dev.retrograde.scalar.ScalarFn.Primitive;

/// Short words for writing bodies once for f32 and f64.
///
/// A body is straight-line code: choices are selects, never branches. Integer parts come from
/// adding a large constant rather than from conversions, because 64-bit conversions and arithmetic
/// shifts are missing from AVX2 and saturating ones are slow everywhere.
record Real(ScalarCode.Builder b, DType t) {
  /// For a body named `name` whose first operand is `x`.
  static Real of(ScalarCode.Builder b, int x, String name) {
    DType t = b.dtype(x);
    if (t != DType.F32 && t != DType.F64) {
      throw new IllegalArgumentException(
          name + " computes in f32 or f64, found " + t.text() + "; cast the operand");
    }
    return new Real(b, t);
  }

  boolean single() {
    return t == DType.F32;
  }

  /// The integer type of the same width.
  DType i() {
    return single() ? DType.I32 : DType.I64;
  }

  int c(double v) {
    return b.constant(t, v);
  }

  /// A constant that differs between the two types.
  int c(double f32, double f64) {
    return b.constant(t, single() ? f32 : f64);
  }

  int k(int f32, long f64) {
    return b.bits(i(), single() ? f32 : f64);
  }

  /// 1.5 times the power of two whose last place is one: adding it rounds to an integer, which is
  /// then found in the low bits.
  int magic() {
    return c(0x1.8p23, 0x1.8p52);
  }

  /// Bits of the fraction.
  int fraction() {
    return k(23, 52);
  }

  /// Bits of the number one: the exponent's bias in place.
  int oneBits() {
    return k(0x3f800000, 0x3ff0000000000000L);
  }

  int signMask() {
    return k(0x80000000, 0x8000000000000000L);
  }

  /// c0 + c1 x + c2 x^2 ... in fused multiply-adds, last coefficient first.
  int horner(int x, double... c) {
    int p = c(c[c.length - 1]);
    for (int k = c.length - 2; k >= 0; k--) {
      p = b.fma(p, x, c(c[k]));
    }
    return p;
  }

  int bits(int x) {
    return b.apply(Primitive.BITS, x);
  }

  int abs(int x) {
    return b.apply(Primitive.ABS, x);
  }

  int and(int x, int y) {
    return b.apply(Primitive.AND, x, y);
  }

  int or(int x, int y) {
    return b.apply(Primitive.OR, x, y);
  }

  int xor(int x, int y) {
    return b.apply(Primitive.XOR, x, y);
  }

  int shl(int x, int n) {
    return b.apply(Primitive.SHL, x, n);
  }

  int equal(int x, int y) {
    return b.apply(Primitive.EQ, x, y);
  }

  /// True for NaN.
  int nan(int x) {
    return b.apply(Primitive.NE, x, x);
  }

  /// The lesser of a bound and a value; NaN stays NaN.
  int atMost(int x, int bound) {
    return b.apply(Primitive.MIN, bound, x);
  }

  /// The greater of a bound and a value; NaN stays NaN.
  int atLeast(int x, int bound) {
    return b.apply(Primitive.MAX, bound, x);
  }

  /// The sign bit alone, as an integer.
  int sign(int x) {
    return and(bits(x), signMask());
  }

  /// A non-negative number with the sign of `x`.
  int withSignOf(int x, int magnitude) {
    return bits(or(bits(magnitude), sign(x)));
  }

  /// -|x|, in one instruction.
  int negativeAbs(int x) {
    return bits(or(bits(x), signMask()));
  }
}
