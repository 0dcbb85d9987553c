package dev.retrograde.scalar;

import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/// Values in f64 to judge f32 results by: [StrictMath] and sums of positive terms, good to a few
/// units in the last place of f64, which is 2^-29 of those of f32.
final class Reference {
  private Reference() {}

  static final Map<String, DoubleUnaryOperator> UNARY =
      Map.ofEntries(
          Map.entry("exp", StrictMath::exp),
          Map.entry("expm1", StrictMath::expm1),
          Map.entry("log", StrictMath::log),
          Map.entry("log1p", StrictMath::log1p),
          Map.entry("rsqrt", x -> 1 / StrictMath.sqrt(x)),
          Map.entry("reciprocal", x -> 1 / x),
          Map.entry("square", x -> x * x),
          Map.entry("tanh", StrictMath::tanh),
          Map.entry("sigmoid", Reference::sigmoid),
          Map.entry("softplus", Reference::softplus),
          Map.entry("silu", x -> x < -1000 ? -0.0 : x * sigmoid(x)),
          Map.entry("erf", Reference::erf),
          Map.entry("gelu", Reference::gelu),
          Map.entry("sin", StrictMath::sin),
          Map.entry("cos", StrictMath::cos),
          Map.entry("relu", x -> x > 0 || Double.isNaN(x) ? x : x == 0 ? x : 0.0),
          Map.entry("sign", x -> x > 0 ? 1 : x < 0 ? -1 : x));

  static double sigmoid(double x) {
    return x < 0 ? StrictMath.exp(x) / (1 + StrictMath.exp(x)) : 1 / (1 + StrictMath.exp(-x));
  }

  static double softplus(double x) {
    return StrictMath.max(x, 0) + StrictMath.log1p(StrictMath.exp(-StrictMath.abs(x)));
  }

  /// `2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!`, all terms of one sign.
  static double erf(double x) {
    double a = StrictMath.abs(x);
    if (a > 6.5) {
      return StrictMath.copySign(1, x);
    }
    double term = a;
    double sum = a;
    for (int n = 1; term > sum * 0x1p-60; n++) {
      term *= 2 * a * a / (2 * n + 1);
      sum += term;
    }
    double y = 2 / StrictMath.sqrt(Math.PI) * StrictMath.exp(-a * a) * sum;
    return Double.isNaN(x) ? x : StrictMath.copySign(y, x);
  }

  static double gelu(double x) {
    return x < -14 ? -0.0 : 0.5 * x * (1 + erf(x * StrictMath.sqrt(0.5)));
  }
}
