package dev.retrograde.scalar;

import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.List;

/// Bodies of exponential and logarithm: argument reduction by powers of two and a polynomial in fused
/// multiply-adds (Cody and Waite, Software Manual for the Elementary Functions, 1980).
final class ExpLog {
  private ExpLog() {}

  static int exp(ScalarCode.Builder b, List<Integer> a) {
    int x = a.get(0);
    DType t = b.dtype(x);
    boolean f32 = t == DType.F32;
    DType i = f32 ? DType.I32 : DType.I64;
    int lo = b.constant(t, f32 ? -104 : -746);
    int hi = b.constant(t, f32 ? 89 : 710);
    int clamped = b.apply(Primitive.MAX, lo, b.apply(Primitive.MIN, hi, x));
    int n = b.apply(Primitive.ROUND, b.mul(clamped, b.constant(t, 1.4426950408889634)));
    int r = b.fma(n, b.constant(t, f32 ? -0.693359375 : -0.693147180369123816490), clamped);
    r = b.fma(n, b.constant(t, f32 ? 2.12194440e-4 : -1.90821492927058770002e-10), r);
    int terms = f32 ? 7 : 13;
    double c = 1;
    double[] taylor = new double[terms + 1];
    for (int k = 0; k <= terms; k++) {
      taylor[k] = c;
      c /= k + 1;
    }
    int p = b.constant(t, taylor[terms]);
    for (int k = terms - 1; k >= 0; k--) {
      p = b.fma(p, r, b.constant(t, taylor[k]));
    }
    // 2^n in two factors, so that results near the ends of the range neither overflow nor vanish.
    int ni = b.cast(i, n);
    int half = b.apply(Primitive.SHR, ni, b.bits(i, 1));
    int rest = b.sub(ni, half);
    return b.mul(b.mul(p, power(b, half, i)), power(b, rest, i));
  }

  private static int power(ScalarCode.Builder b, int n, DType i) {
    int bias = b.bits(i, i == DType.I32 ? 127 : 1023);
    int shift = b.bits(i, i == DType.I32 ? 23 : 52);
    return b.apply(Primitive.BITS, b.apply(Primitive.SHL, b.add(n, bias), shift));
  }

  static int log(ScalarCode.Builder b, List<Integer> a) {
    int x = a.get(0);
    DType t = b.dtype(x);
    boolean f32 = t == DType.F32;
    DType i = f32 ? DType.I32 : DType.I64;
    int one = b.constant(t, 1);
    // Subnormals are scaled up first.
    int tiny = b.less(x, b.constant(t, f32 ? 0x1p-126 : 0x1p-1022));
    int scaled = b.select(tiny, b.mul(x, b.constant(t, f32 ? 0x1p25 : 0x1p54)), x);
    int bits = b.apply(Primitive.BITS, scaled);
    // m in [sqrt(1/2), sqrt(2)), x = m * 2^e
    int offset = b.bits(i, f32 ? 0x3f3504f3 : 0x3fe6a09e667f3bcdL);
    int shift = b.bits(i, f32 ? 23 : 52);
    int e = b.apply(Primitive.SHR, b.sub(bits, offset), shift);
    int m = b.apply(Primitive.BITS, b.sub(bits, b.apply(Primitive.SHL, e, shift)));
    int ef = b.sub(b.cast(t, e), b.select(tiny, b.constant(t, f32 ? 25 : 54), b.constant(t, 0)));
    // log m = 2 atanh(s), s = (m - 1) / (m + 1)
    int f = b.sub(m, one);
    int s = b.div(f, b.add(m, one));
    int z = b.mul(s, s);
    int terms = f32 ? 5 : 11;
    int p = b.constant(t, 2.0 / (2 * terms + 1));
    for (int k = terms - 1; k >= 1; k--) {
      p = b.fma(p, z, b.constant(t, 2.0 / (2 * k + 1)));
    }
    p = b.mul(b.mul(p, z), s);
    int lm = b.fma(b.constant(t, 2), s, p);
    int low = b.fma(ef, b.constant(t, f32 ? -2.12194440e-4 : 1.90821492927058770002e-10), lm);
    int y = b.fma(ef, b.constant(t, f32 ? 0.693359375 : 0.693147180369123816490), low);
    int zero = b.constant(t, 0);
    int nan = b.constant(t, Double.NaN);
    int inf = b.constant(t, Double.POSITIVE_INFINITY);
    int bad = b.select(b.apply(Primitive.EQ, x, zero), b.neg(inf), nan);
    int positive = b.less(zero, x);
    int finite = b.less(x, inf);
    return b.select(positive, b.select(finite, y, x), bad);
  }
}
