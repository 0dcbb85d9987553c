package dev.retrograde.scalar;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Bodies of the exponential and what is made of it.
///
/// Reduction by powers of two as in Cody and Waite, *Software Manual for the Elementary Functions*
/// (1980): x = n ln 2 + r, |r| at most (ln 2) / 2, with ln 2 in two parts of which the first times
/// n is exact. e^r is a minimax polynomial (Remez exchange; error relative to e^r - 1: f32 2^-31.9
/// and, shortened, 2^-26.2, f64 2^-61.7).
final class Exponentials {
  private Exponentials() {}

  private static final double[] SHORT = {
    0.4999999813133331,
    0.16666542667288525,
    0.04166720449448271,
    0.008366648649443685,
    0.0013882462859762371
  };
  private static final double[] FULL = {
    0.5000000044663787,
    0.16666666367388028,
    0.041666358601574964,
    0.008333389702133926,
    0.0013940823130861037,
    0.0001984595161304977
  };
  private static final double[] DOUBLE = {
    0.5,
    0.16666666666666677,
    0.041666666666666505,
    0.008333333333321513,
    0.001388888888896344,
    0.0001984126988648037,
    2.4801587171127223e-05,
    2.755724380128305e-06,
    2.755740324043293e-07,
    2.5109196080246058e-08,
    2.08753330236216e-09
  };
  static final double LN2_HIGH_F32 = 0.693359375;
  static final double LN2_LOW_F32 = -0.00021219444005469057;
  static final double LN2_HIGH_F64 = 0.693147180369123816490;
  static final double LN2_LOW_F64 = 1.9082149292705877e-10;

  /// e^x as three factors: a number near one and two powers of two, so that results near the ends
  /// of the range neither overflow nor vanish too early.
  record Factors(int p, int s, int rest) {}

  static int exp(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "exp");
    int x = r.atLeast(r.atMost(a.get(0), r.c(89, 710)), r.c(-104, -746));
    return product(r, factors(r, x, null));
  }

  /// e^x for x at most zero.
  static int expOfNegative(Real r, int x) {
    return product(r, factors(r, r.atLeast(x, r.c(-104, -746)), null));
  }

  static int product(Real r, Factors f) {
    return r.b().mul(r.b().mul(f.p(), f.s()), f.rest());
  }

  /// Factors of e^(x + low) for x between -190 and 100 (f32), -1400 and 750 (f64).
  static Factors factors(Real r, int x, @Nullable Integer low) {
    ScalarCode.Builder b = r.b();
    int t = b.fma(x, r.c(1.4426950408889634), r.magic());
    int half = r.bits(b.fma(x, r.c(0.7213475204444817), r.magic()));
    int n = b.sub(t, r.magic());
    int rem = b.fma(n, r.c(-LN2_HIGH_F32, -LN2_HIGH_F64), x);
    rem = b.fma(n, r.c(-LN2_LOW_F32, -LN2_LOW_F64), rem);
    if (low != null) {
      rem = b.add(rem, low);
    }
    int p = r.horner(rem, r.single() ? SHORT : DOUBLE);
    p = b.fma(b.fma(p, rem, r.c(1)), rem, r.c(1));
    int s = r.bits(b.add(r.shl(half, r.fraction()), r.oneBits()));
    int rest = b.sub(r.bits(t), half);
    return new Factors(p, s, r.bits(b.add(r.shl(rest, r.fraction()), r.oneBits())));
  }

  static int expm1(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "expm1");
    int x = a.get(0);
    int clamped = r.atLeast(r.atMost(x, r.c(89, 710)), r.c(-18, -39));
    // Half of it, since 2^n itself may overflow where the result does not.
    int half = r.c(0.5);
    Terms e = terms(r, clamped, r.k(0x3f000000, 0x3fe0000000000000L));
    int base = b.sub(e.s(), half);
    int sum = b.fma(e.s(), e.rem(), base);
    int lost = b.add(b.sub(base, sum), b.sub(b.sub(e.s(), base), half));
    int y = b.add(sum, b.fma(e.s(), e.q(), b.fma(e.s(), e.rem(), lost)));
    int tiny = b.less(r.abs(x), r.c(0x1p-40, 0x1p-80));
    return b.select(tiny, x, b.add(y, y));
  }

  /// e^x - 1 where 2^n is a normal number, within about 1.3 units in the last place; loses the sign
  /// of -0.
  static int expm1Within(Real r, int x) {
    ScalarCode.Builder b = r.b();
    Terms e = terms(r, x, r.oneBits());
    return b.fma(e.s(), e.q(), b.fma(e.s(), e.rem(), b.sub(e.s(), r.c(1))));
  }

  /// What e^x - 1 = 2^n (e^r - 1) + (2^n - 1) is made of: s = 2^n times a unit, r, and q = e^r - 1
  /// - r with the rounding error of r in it.
  private record Terms(int s, int rem, int q) {}

  private static Terms terms(Real r, int x, int unitBits) {
    ScalarCode.Builder b = r.b();
    int t = b.fma(x, r.c(1.4426950408889634), r.magic());
    int n = b.sub(t, r.magic());
    int high = b.fma(n, r.c(-LN2_HIGH_F32, -LN2_HIGH_F64), x);
    int rem = b.fma(n, r.c(-LN2_LOW_F32, -LN2_LOW_F64), high);
    int low = b.fma(n, r.c(-LN2_LOW_F32, -LN2_LOW_F64), b.sub(high, rem));
    int q = b.fma(b.mul(rem, rem), r.horner(rem, r.single() ? FULL : DOUBLE), low);
    int s = r.bits(b.add(r.shl(r.bits(t), r.fraction()), unitBits));
    return new Terms(s, rem, q);
  }

  static int sigmoid(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "sigmoid");
    int x = a.get(0);
    int s = expOfNegative(r, r.negativeAbs(x));
    int one = r.c(1);
    return b.div(b.select(b.less(x, r.c(0)), s, one), b.add(one, s));
  }

  static int silu(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "silu");
    int x = a.get(0);
    int bound = r.c(-115, -765);
    Factors f = factors(r, r.atLeast(r.negativeAbs(x), bound), null);
    // x times e^x keeps bits that e^x alone would lose below the normal numbers.
    int low = r.atLeast(x, bound);
    int small = b.mul(b.mul(b.mul(f.p(), low), f.s()), f.rest());
    int top = b.select(b.less(x, r.c(0)), small, x);
    return b.div(top, b.add(r.c(1), product(r, f)));
  }

  static int tanh(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "tanh");
    int x = a.get(0);
    int m = r.abs(x);
    int e = expm1Within(r, r.atMost(b.add(m, m), r.c(20, 40)));
    return r.withSignOf(x, b.div(e, b.add(e, r.c(2))));
  }

  static int softplus(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "softplus");
    int x = a.get(0);
    int s = expOfNegative(r, r.negativeAbs(x));
    return b.add(r.atLeast(x, r.c(0)), Logarithms.log1pWithin(r, s));
  }
}
