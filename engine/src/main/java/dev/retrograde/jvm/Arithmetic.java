package dev.retrograde.jvm;

/// What printed code calls where Java's operator means something else than the primitive. Each
/// function agrees with `ScalarEval`.
final class Arithmetic {
  private Arithmetic() {}

  static int div(int x, int y) {
    return y == 0 ? 0 : x / y;
  }

  static long div(long x, long y) {
    return y == 0 ? 0 : x / y;
  }

  static int shl(int x, int y) {
    return y < 0 || y >= 32 ? 0 : x << y;
  }

  static long shl(long x, long y) {
    return y < 0 || y >= 64 ? 0 : x << y;
  }

  static int shr(int x, int y) {
    return x >> (y < 0 || y >= 32 ? 31 : y);
  }

  static long shr(long x, long y) {
    return x >> (y < 0 || y >= 64 ? 63 : y);
  }

  static int ushr(int x, int y) {
    return y < 0 || y >= 32 ? 0 : x >>> y;
  }

  static long ushr(long x, long y) {
    return y < 0 || y >= 64 ? 0 : x >>> y;
  }

  /// The bits that a bf16 buffer keeps of a number, rounded to nearest even; NaN stays NaN.
  static int bf16(float v) {
    int bits = Float.floatToRawIntBits(v);
    return Float.isNaN(v) ? bits >>> 16 | 0x40 : bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
  }

  /// Truncates and saturates; NaN gives 0.
  static int clamp(double v, int least, int most) {
    return (int) Math.max(least, Math.min(most, (long) v));
  }
}
