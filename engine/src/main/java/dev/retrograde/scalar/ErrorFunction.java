package dev.retrograde.scalar;

import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.List;

/// Bodies of the error function and of what is built on it.
///
/// erf |x| = 1 - e^(-P(|x|)) with P(a) = -log erfc a = a Q(a), Q a minimax polynomial whose error
/// is weighted by what it does to erf (2^-27.9 on [0, 3.95] for f32, 2^-56.9 on [0, 6] for f64).
/// The weight falls like erfc itself, so one polynomial serves all operands, near zero too, and
/// there is no second formula to choose.
final class ErrorFunction {
  private ErrorFunction() {}

  private static final double[] Q_F32 = {
    0.63661938209437, 0.10277783364584794, -0.019153091586822435, -0.00016032118202007913,
    0.0016669345565548657, -0.0006327783128887639, 0.00011762306605903882, -9.254051648029832e-06
  };
  private static final double[] Q_F64 = {
    0.6366197723675846,
    0.1027726033017222,
    -0.01912844700335938,
    -0.000209194717932767,
    0.001696206575062009,
    -0.0005901265825314045,
    2.588254080461861e-05,
    6.448084311770462e-05,
    -2.970079875841932e-05,
    3.3694769705178973e-06,
    2.8832233720339176e-06,
    -1.7899990502868263e-06,
    3.753376267622633e-07,
    1.1203841311549673e-07,
    -1.2872857847620922e-07,
    6.031289849866993e-08,
    -1.9162584110125242e-08,
    4.524732481457359e-09,
    -8.113295051799614e-10,
    1.097152998899547e-10,
    -1.0875502433143179e-11,
    7.467596235901432e-13,
    -3.1749151963498805e-14,
    6.294696136165805e-16
  };

  static int erf(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "erf");
    return erf(r, a.get(0));
  }

  private static int erf(Real r, int x) {
    ScalarCode.Builder b = r.b();
    int m = r.atMost(r.abs(x), r.c(3.95, 6));
    // The leading coefficient 2 / sqrt(pi) in two parts.
    int low = r.c(1.1283791716017182 - 1.128379225730896, 1.533545961316588e-17);
    int rest = b.fma(r.horner(m, r.single() ? Q_F32 : Q_F64), m, low);
    int p = b.fma(m, r.c(1.128379225730896, 1.1283791670955126), b.mul(m, rest));
    int e = Exponentials.expm1Within(r, b.neg(p));
    return r.withSignOf(x, r.abs(e));
  }

  /// x Phi(x) = (x/2) (1 + erf(x / sqrt(2))).
  static int gelu(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "gelu");
    // Below this the result is zero; it keeps minus infinity out of the product.
    int x = r.atLeast(a.get(0), r.c(-14));
    int half = b.mul(x, r.c(0.5));
    return b.fma(half, erf(r, b.mul(x, r.c(Math.sqrt(0.5)))), half);
  }

  /// Phi(x) + x phi(x).
  static int geluSlope(ScalarCode.Builder b, int x) {
    DType t = b.dtype(x);
    int half = b.constant(t, 0.5);
    int cumulative =
        b.fma(half, b.apply(Functions.ERF, b.mul(x, b.constant(t, Math.sqrt(0.5)))), half);
    // Past this the bell is zero; it keeps infinities out of the product.
    int bound = b.constant(t, 50);
    int near = b.apply(Primitive.MAX, b.neg(bound), b.apply(Primitive.MIN, bound, x));
    int bell = b.apply(Functions.EXP, b.mul(b.mul(near, near), b.constant(t, -0.5)));
    return b.fma(b.mul(near, b.constant(t, 1 / Math.sqrt(2 * Math.PI))), bell, cumulative);
  }
}
