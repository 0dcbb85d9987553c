package dev.retrograde.scalar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.scalar.ScalarFn.Defined;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every f64 function stays within its stated error, judged by series of sixty digits.
class AccuracyF64Test {
  private static final int SAMPLES = 400;

  /// Where a function is sampled: evenly between bounds, and over the exponents between powers of
  /// 2.
  private record Row(
      Defined fn, double low, double high, int tiniest, int largest, boolean negative) {
    @Override
    public String toString() {
      return fn.text();
    }
  }

  static List<Row> rows() {
    return List.of(
        new Row(Functions.EXP, -745, 709.7, -60, 9, true),
        new Row(Functions.EXPM1, -40, 709.7, -100, 2, true),
        new Row(Functions.LOG, 0.5, 2, -1074, 1023, false),
        new Row(Functions.LOG1P, -0.999, 3, -100, 1023, false),
        new Row(Functions.RSQRT, 0.5, 8, -1074, 1023, false),
        new Row(Functions.RECIPROCAL, 0.5, 8, -1022, 1021, true),
        new Row(Functions.SQUARE, -2, 2, -500, 500, true),
        new Row(Functions.TANH, -3, 3, -100, 4, true),
        new Row(Functions.SIGMOID, -745, 40, -30, 5, true),
        new Row(Functions.SOFTPLUS, -745, 40, -30, 5, true),
        new Row(Functions.SILU, -740, 40, -30, 5, true),
        new Row(Functions.ERF, -6, 6, -100, 0, true),
        new Row(Functions.GELU, -7, 6, -60, 1, true),
        new Row(Functions.SIN, -10, 10, -100, 48, true),
        new Row(Functions.COS, -10, 10, -100, 48, true));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void staysWithinTheStatedUlps(Row row) {
    Scalars at = new Scalars(row.fn(), DType.F64);
    Function<BigDecimal, BigDecimal> exact = Exact.UNARY.get(row.fn().text());
    SplittableRandom random = new SplittableRandom(11);
    double worst = 0;
    double where = 0;
    for (int k = 0; k < SAMPLES; k++) {
      double x;
      if (k % 2 == 0) {
        x = random.nextDouble(row.low(), row.high());
      } else {
        x = Math.scalb(1 + random.nextDouble(), random.nextInt(row.tiniest(), row.largest()));
        x = row.negative() && random.nextBoolean() ? -x : x;
      }
      double u =
          ulps(at.at(x), exact.apply(new BigDecimal(x)), row.fn().equals(Functions.GELU) ? x : 0);
      if (u > worst) {
        worst = u;
        where = x;
      }
    }
    assertThat(worst)
        .as("%s in f64: worst at %s", row.fn(), where)
        .isLessThanOrEqualTo(row.fn().ulpF64());
  }

  @Test
  void powStaysWithinTheStatedUlps() {
    Scalars pow = new Scalars(Functions.POW, DType.F64);
    SplittableRandom random = new SplittableRandom(12);
    double worst = 0;
    String where = "";
    for (int k = 0; k < SAMPLES; k++) {
      double x =
          k % 2 == 0
              ? Math.scalb(1 + random.nextDouble(), random.nextInt(-1074, 1023))
              : Math.exp(random.nextDouble(-1, 1) * random.nextDouble());
      double y = random.nextDouble(-740, 709) / StrictMath.log(x);
      double u = ulps(pow.at(x, y), Exact.pow(new BigDecimal(x), new BigDecimal(y)), 0);
      if (u > worst) {
        worst = u;
        where = x + " to the " + y;
      }
    }
    assertThat(worst)
        .as("pow in f64: worst at %s", where)
        .isLessThanOrEqualTo(Functions.POW.ulpF64());
  }

  private static double ulps(double found, BigDecimal exact, double operand) {
    double ulp = Math.max(Math.ulp(exact.doubleValue()), operand == 0 ? 0 : Math.ulp(operand));
    return new BigDecimal(found)
        .subtract(exact)
        .abs()
        .divide(new BigDecimal(ulp), MathContext.DECIMAL64)
        .doubleValue();
  }
}
