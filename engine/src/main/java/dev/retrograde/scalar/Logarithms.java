package dev.retrograde.scalar;

import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.List;

/// Bodies of the logarithms: x = 2^e m with m between 3/4 and 3/2, then log m. With these bounds
/// log(1 + x) takes f = m - 1 = x unchanged up to 1/2, and exactly 2x + 1 below -1/4.
///
/// f32: a polynomial in f (error 2^-27.6), no division. f64: 2 atanh(f / (2 + f)), arranged as f -
/// (f^2/2 - s (f^2/2 + R)) so that the rounding of the quotient does not count (error 2^-62.7).
final class Logarithms {
  private Logarithms() {}

  private static final double[] LOG_F32 = {
    -0.5000000082793407, 0.33333454475746555, -0.25000054287026674, 0.19990605067699635,
    -0.16647770559116604, 0.1448208696107184, -0.13162238984390845, 0.10448230066837928,
    -0.04490846999617718
  };
  private static final double[] LOG_F64 = {
    0.666666666666666, 0.40000000000055985, 0.2857142855599601, 0.22222224277484207,
    0.18181667011921532, 0.15391074906991387, 0.1317422065348664, 0.1383884249272997
  };

  /// Exponent and fraction.
  ///
  /// @param e the exponent, as a float
  /// @param m the number divided by 2^e
  /// @param biased the exponent plus the bias, in place, as an integer
  record Split(int e, int m, int biased) {}

  /// Splits a positive, normal, finite number.
  static Split split(Real r, int x) {
    ScalarCode.Builder b = r.b();
    int bits = r.bits(x);
    // Moved so that the exponent's field changes at 3/4 rather than at 1.
    int moved = b.sub(bits, r.k(-0x00400000, -0x0008000000000000L));
    int field = b.apply(Primitive.USHR, moved, r.fraction());
    // The field as a float: put under a large exponent, which is then taken away with the bias.
    int e =
        b.sub(
            r.bits(r.or(field, r.k(0x4b000000, 0x4330000000000000L))),
            r.c(0x1p23 + 127, 0x1p52 + 1023));
    int m =
        r.bits(
            b.add(
                r.and(moved, r.k(0x007fffff, 0x000fffffffffffffL)),
                r.k(0x3f400000, 0x3fe8000000000000L)));
    return new Split(e, m, r.and(moved, r.k(0x7f800000, 0x7ff0000000000000L)));
  }

  /// Splits a positive number, subnormal ones too.
  static Split splitAny(Real r, int x) {
    ScalarCode.Builder b = r.b();
    int tiny = b.less(x, r.c(0x1p-126, 0x1p-1022));
    Split s = split(r, b.select(tiny, b.mul(x, r.c(0x1p25, 0x1p54)), x));
    return new Split(b.sub(s.e(), b.select(tiny, r.c(25, 54), r.c(0))), s.m(), s.biased());
  }

  static int log(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "log");
    int x = a.get(0);
    Split s = splitAny(r, x);
    int y = combine(r, s.e(), b.sub(s.m(), r.c(1)));
    return edges(r, x, x, y);
  }

  /// e ln 2 + log(1 + f).
  private static int combine(Real r, int e, int f) {
    ScalarCode.Builder b = r.b();
    int low = b.mul(e, r.c(Exponentials.LN2_LOW_F32, Exponentials.LN2_LOW_F64));
    int f2 = b.mul(f, f);
    int tail;
    if (r.single()) {
      tail = b.fma(f2, r.horner(f, LOG_F32), low);
    } else {
      int s = b.div(f, b.add(f, r.c(2)));
      int z = b.mul(s, s);
      int half = b.mul(f2, r.c(0.5));
      int series = b.mul(z, r.horner(z, LOG_F64));
      tail = b.sub(b.fma(s, b.add(half, series), low), half);
    }
    return b.fma(e, r.c(Exponentials.LN2_HIGH_F32, Exponentials.LN2_HIGH_F64), b.add(f, tail));
  }

  /// `y` for finite u above zero; minus infinity at zero, NaN below, `x` itself at infinity and
  /// NaN.
  private static int edges(Real r, int u, int x, int y) {
    ScalarCode.Builder b = r.b();
    int finite = b.select(b.less(u, r.c(Double.POSITIVE_INFINITY)), y, x);
    int zero = r.c(0);
    int low = b.select(r.equal(u, zero), r.c(Double.NEGATIVE_INFINITY), r.c(Double.NaN));
    return b.select(b.apply(Primitive.LE, u, zero), low, b.select(r.nan(x), x, finite));
  }

  static int log1p(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "log1p");
    int x = a.get(0);
    int u = b.add(x, r.c(1));
    Split s = split(r, u);
    int f = b.select(b.less(x, r.c(0x1p60)), rescaled(r, x, s), b.sub(s.m(), r.c(1)));
    int y = edges(r, u, x, combine(r, s.e(), f));
    return b.select(b.less(r.abs(x), r.c(0x1p-40, 0x1p-80)), x, y);
  }

  /// log(1 + x) for x between 0 and 1.
  static int log1pWithin(Real r, int x) {
    Split s = split(r, r.b().add(x, r.c(1)));
    return combine(r, s.e(), rescaled(r, x, s));
  }

  /// (1 + x) / 2^e - 1, without the rounding of 1 + x.
  private static int rescaled(Real r, int x, Split s) {
    ScalarCode.Builder b = r.b();
    int inverse = r.bits(b.sub(r.k(0x7f000000, 0x7fe0000000000000L), s.biased()));
    return b.fma(x, inverse, b.sub(inverse, r.c(1)));
  }
}
