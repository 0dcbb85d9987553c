package dev.retrograde.scalar;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Map;
import java.util.function.Function;

/// Elementary functions to some sixty digits, by series: what f64 results are judged by.
final class Exact {
  private Exact() {}

  private static final MathContext MC = new MathContext(75);
  private static final BigDecimal ONE = BigDecimal.ONE;
  private static final BigDecimal TWO = BigDecimal.TWO;
  private static final BigDecimal LN2 = TWO.multiply(atanhOfInverse(3, 1));
  private static final BigDecimal PI =
      new BigDecimal(16)
          .multiply(atanhOfInverse(5, -1))
          .subtract(new BigDecimal(4).multiply(atanhOfInverse(239, -1)));

  static final Map<String, Function<BigDecimal, BigDecimal>> UNARY =
      Map.ofEntries(
          Map.entry("exp", Exact::exp),
          Map.entry("expm1", Exact::expm1),
          Map.entry("log", Exact::log),
          Map.entry("log1p", Exact::log1p),
          Map.entry("rsqrt", x -> ONE.divide(x.sqrt(MC), MC)),
          Map.entry("reciprocal", x -> ONE.divide(x, MC)),
          Map.entry("square", x -> x.multiply(x)),
          Map.entry("tanh", x -> over(expm1(x.multiply(TWO)), expm1(x.multiply(TWO)).add(TWO))),
          Map.entry("sigmoid", Exact::sigmoid),
          Map.entry("softplus", x -> log1p(exp(x))),
          Map.entry("silu", x -> x.multiply(sigmoid(x))),
          Map.entry("erf", Exact::erf),
          Map.entry("gelu", Exact::gelu),
          Map.entry("sin", x -> sin(x)),
          Map.entry("cos", x -> sin(x.add(PI.divide(TWO)))));

  /// Sum of `sign^k / (q^(2k+1) (2k+1))`.
  private static BigDecimal atanhOfInverse(int q, int sign) {
    BigDecimal power = ONE.divide(new BigDecimal(q), MC);
    BigDecimal square = new BigDecimal(sign).divide(new BigDecimal(q * q), MC);
    BigDecimal sum = BigDecimal.ZERO;
    for (int k = 0; k < 120; k++) {
      sum = sum.add(power.divide(new BigDecimal(2 * k + 1), MC));
      power = power.multiply(square, MC);
    }
    return sum;
  }

  private static BigDecimal over(BigDecimal a, BigDecimal b) {
    return a.divide(b, MC);
  }

  static BigDecimal exp(BigDecimal x) {
    int n = (int) Math.rint(x.doubleValue() / Math.log(2));
    BigDecimal r = x.subtract(LN2.multiply(new BigDecimal(n))).divide(new BigDecimal(64), MC);
    BigDecimal term = ONE;
    BigDecimal sum = ONE;
    for (int k = 1; k < 26; k++) {
      term = term.multiply(r, MC).divide(new BigDecimal(k), MC);
      sum = sum.add(term, MC);
    }
    for (int k = 0; k < 6; k++) {
      sum = sum.multiply(sum, MC);
    }
    return sum.multiply(TWO.pow(n, MC), MC);
  }

  static BigDecimal expm1(BigDecimal x) {
    if (x.abs().doubleValue() > 1e-9) {
      return exp(x).subtract(ONE);
    }
    BigDecimal square = x.multiply(x, MC);
    return x.add(square.divide(TWO, MC), MC).add(square.multiply(x).divide(new BigDecimal(6), MC));
  }

  static BigDecimal log(BigDecimal x) {
    BigDecimal guess = new BigDecimal(StrictMath.log(x.doubleValue()));
    BigDecimal t = x.multiply(exp(guess.negate()), MC).subtract(ONE);
    BigDecimal square = t.multiply(t, MC);
    return guess
        .add(t)
        .subtract(square.divide(TWO, MC))
        .add(square.multiply(t, MC).divide(new BigDecimal(3), MC));
  }

  static BigDecimal log1p(BigDecimal x) {
    if (x.abs().doubleValue() > 1e-9) {
      return log(x.add(ONE, MC));
    }
    BigDecimal square = x.multiply(x, MC);
    return x.subtract(square.divide(TWO, MC), MC)
        .add(square.multiply(x).divide(new BigDecimal(3), MC));
  }

  static BigDecimal pow(BigDecimal x, BigDecimal y) {
    return exp(y.multiply(log(x)));
  }

  private static BigDecimal sigmoid(BigDecimal x) {
    return over(ONE, ONE.add(exp(x.negate())));
  }

  static BigDecimal erf(BigDecimal x) {
    BigDecimal square = x.multiply(x, MC);
    BigDecimal term = x;
    BigDecimal sum = x;
    for (int n = 1; term.abs().doubleValue() > sum.abs().doubleValue() * 1e-45; n++) {
      term = term.multiply(square, MC).multiply(TWO).divide(new BigDecimal(2 * n + 1), MC);
      sum = sum.add(term, MC);
    }
    return sum.multiply(TWO).multiply(exp(square.negate())).divide(PI.sqrt(MC), MC);
  }

  private static BigDecimal gelu(BigDecimal x) {
    return x.divide(TWO).multiply(ONE.add(erf(x.divide(TWO.sqrt(MC), MC))));
  }

  private static BigDecimal sin(BigDecimal x) {
    BigDecimal turns = x.divide(PI, MC).setScale(0, java.math.RoundingMode.HALF_EVEN);
    BigDecimal r = x.subtract(turns.multiply(PI));
    BigDecimal square = r.multiply(r, MC);
    BigDecimal term = r;
    BigDecimal sum = r;
    for (int k = 1; k < 30; k++) {
      term = term.multiply(square, MC).divide(new BigDecimal(-2 * k * (2 * k + 1)), MC);
      sum = sum.add(term, MC);
    }
    return turns.toBigInteger().testBit(0) ? sum.negate() : sum;
  }
}
