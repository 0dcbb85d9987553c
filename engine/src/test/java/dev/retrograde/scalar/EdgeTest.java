package dev.retrograde.scalar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.scalar.ScalarFn.Defined;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/// Zeros of both signs, infinities, NaN, subnormal numbers, overflow: exact results.
class EdgeTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double NAN = Double.NaN;

  private static void same(Defined fn, DType t, double x, double expected) {
    assertThat(new Scalars(fn, t).at(x))
        .as("%s(%s) in %s", fn, x, t.text())
        .isEqualTo(Double.valueOf(expected));
  }

  private static void same(Defined fn, DType t, double x, double y, double expected) {
    assertThat(new Scalars(fn, t).at(x, y))
        .as("%s(%s, %s) in %s", fn, x, y, t.text())
        .isEqualTo(Double.valueOf(expected));
  }

  private static double least(DType t) {
    return t == DType.F32 ? Float.MIN_VALUE : Double.MIN_VALUE;
  }

  private static double greatest(DType t) {
    return t == DType.F32 ? Float.MAX_VALUE : Double.MAX_VALUE;
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void nanStaysNan(DType t) {
    for (Defined fn : Functions.STANDARD) {
      if (fn.comparison() || fn.equals(Functions.POW)) {
        continue;
      }
      if (fn.arity() == 1) {
        same(fn, t, NAN, NAN);
        same(fn, t, -NAN, NAN);
      } else {
        same(fn, t, NAN, 1, NAN);
        same(fn, t, 1, NAN, NAN);
        same(fn, t, NAN, NAN, NAN);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void zerosAndSubnormalsKeepSignAndBits(DType t) {
    double tiny = least(t);
    for (Defined fn : List.of(Functions.EXPM1, Functions.LOG1P, Functions.TANH, Functions.SIN)) {
      for (double x : new double[] {0.0, -0.0, tiny, -tiny, 3 * tiny, -12345 * tiny}) {
        same(fn, t, x, x);
      }
    }
    for (Defined fn : List.of(Functions.ERF, Functions.GELU, Functions.SILU)) {
      same(fn, t, 0.0, 0.0);
    }
    same(Functions.ERF, t, -0.0, -0.0);
    same(Functions.SILU, t, -0.0, -0.0);
    same(Functions.ERF, t, 1000 * tiny, 1128 * tiny);
    same(Functions.SIGN, t, 0.0, 0.0);
    same(Functions.SIGN, t, -0.0, -0.0);
    same(Functions.RELU, t, -0.0, -0.0);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void valuesAtZero(DType t) {
    for (double zero : new double[] {0.0, -0.0}) {
      same(Functions.EXP, t, zero, 1);
      same(Functions.COS, t, zero, 1);
      same(Functions.SIGMOID, t, zero, 0.5);
      same(Functions.LOG, t, zero, -INF);
      same(Functions.RSQRT, t, zero, 1 / zero);
      same(Functions.RECIPROCAL, t, zero, 1 / zero);
      same(Functions.SQUARE, t, zero, 0.0);
    }
    same(Functions.LOG, t, 1, 0.0);
    same(Functions.LOG1P, t, -1, -INF);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void valuesAtInfinity(DType t) {
    same(Functions.EXP, t, INF, INF);
    same(Functions.EXP, t, -INF, 0.0);
    same(Functions.EXPM1, t, INF, INF);
    same(Functions.EXPM1, t, -INF, -1);
    same(Functions.LOG, t, INF, INF);
    same(Functions.LOG, t, -INF, NAN);
    same(Functions.LOG1P, t, INF, INF);
    same(Functions.LOG1P, t, -INF, NAN);
    same(Functions.RSQRT, t, INF, 0.0);
    same(Functions.RSQRT, t, -INF, NAN);
    same(Functions.RECIPROCAL, t, -INF, -0.0);
    same(Functions.TANH, t, INF, 1);
    same(Functions.TANH, t, -INF, -1);
    same(Functions.SIGMOID, t, INF, 1);
    same(Functions.SIGMOID, t, -INF, 0.0);
    same(Functions.SOFTPLUS, t, INF, INF);
    same(Functions.SOFTPLUS, t, -INF, 0.0);
    same(Functions.SILU, t, INF, INF);
    same(Functions.SILU, t, -INF, -0.0);
    same(Functions.ERF, t, INF, 1);
    same(Functions.ERF, t, -INF, -1);
    same(Functions.GELU, t, INF, INF);
    assertThat(new Scalars(Functions.GELU, t).at(-INF)).isZero();
    same(Functions.SIN, t, INF, NAN);
    same(Functions.COS, t, -INF, NAN);
    same(Functions.SIGN, t, -INF, -1);
    same(Functions.RELU, t, -INF, 0.0);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void theEndsOfTheRange(DType t) {
    boolean f32 = t == DType.F32;
    same(Functions.EXP, t, f32 ? 88.8 : 709.8, INF);
    same(Functions.EXP, t, f32 ? -103.9 : -745.1, least(t));
    same(Functions.EXP, t, f32 ? -104.1 : -745.3, 0.0);
    same(Functions.EXPM1, t, f32 ? 88.8 : 709.8, INF);
    assertThat(new Scalars(Functions.EXP, t).at(f32 ? 88.72 : 709.78)).isFinite();
    assertThat(new Scalars(Functions.EXPM1, t).at(f32 ? 88.72 : 709.78)).isFinite();
    same(Functions.SIGMOID, t, f32 ? -103.9 : -745.1, least(t));
    assertThat(new Scalars(Functions.RSQRT, t).at(least(t)))
        .isCloseTo(1 / Math.sqrt(least(t)), org.assertj.core.data.Percentage.withPercentage(1e-5));
    same(Functions.TANH, t, greatest(t), 1);
    same(Functions.SQUARE, t, greatest(t), INF);
    same(Functions.GELU, t, greatest(t), greatest(t));
    same(Functions.SILU, t, greatest(t), greatest(t));
    same(Functions.SIN, t, greatest(t), NAN);
    double limit = f32 ? Trigonometry.LIMIT_F32 : Trigonometry.LIMIT_F64;
    same(Functions.COS, t, limit * 1.001, NAN);
    assertThat(new Scalars(Functions.COS, t).at(limit * 0.999)).isBetween(-1.0, 1.0);
    for (double x : new double[] {-1, -least(t), -greatest(t)}) {
      same(Functions.LOG, t, x, NAN);
      same(Functions.RSQRT, t, x, NAN);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void powFollowsIeee754(DType t) {
    Defined pow = Functions.POW;
    double[] all = {NAN, 0.0, -0.0, 1, -1, 2.5, -2.5, INF, -INF, least(t), -greatest(t)};
    for (double v : all) {
      same(pow, t, v, 0.0, 1);
      same(pow, t, v, -0.0, 1);
      same(pow, t, 1, v, 1);
    }
    same(pow, t, NAN, 1, NAN);
    same(pow, t, 2, NAN, NAN);
    same(pow, t, -1, INF, 1);
    same(pow, t, -1, -INF, 1);
    double[] bases = {0.0, -0.0, 0.5, -0.5, 2, -2, -1, INF, -INF, least(t), -least(t)};
    double[] exponents = {1, 2, 3, -1, -2, -3, 0.5, -0.5, 1e30, -1e30, INF, -INF};
    for (double x : bases) {
      for (double y : exponents) {
        if (x == -1 && Double.isInfinite(y)) {
          continue; // Java alone says NaN
        }
        double exact = StrictMath.pow(x, y);
        double expected = t == DType.F32 ? (float) exact : exact;
        boolean rounded = expected != 0 && Double.isFinite(expected) && y != Math.rint(y);
        if (rounded) {
          double ulp = t == DType.F32 ? Math.ulp((float) exact) : Math.ulp(exact);
          assertThat(new Scalars(pow, t).at(x, y)).isCloseTo(exact, within(2 * ulp));
        } else {
          same(pow, t, x, y, expected);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64", "I32", "I8", "I64"})
  void extremesAndComparisons(DType t) {
    same(Functions.MAXIMUM, t, 3, -4, 3);
    same(Functions.MAXIMUM, t, -4, 3, 3);
    same(Functions.MINIMUM, t, 3, -4, -4);
    same(Functions.MINIMUM, t, -4, 3, -4);
    same(Functions.GREATER, t, 2, 1, 1);
    same(Functions.GREATER, t, 1, 1, 0);
    same(Functions.GREATER, t, 0, 1, 0);
    same(Functions.GREATER_EQUAL, t, 2, 1, 1);
    same(Functions.GREATER_EQUAL, t, 1, 1, 1);
    same(Functions.GREATER_EQUAL, t, 0, 1, 0);
    same(Functions.SIGN, t, -7, -1);
    same(Functions.SIGN, t, 7, 1);
    same(Functions.SIGN, t, 0, 0);
    if (t.isFloat()) {
      same(Functions.MAXIMUM, t, 0.0, -0.0, 0.0);
      same(Functions.MAXIMUM, t, -0.0, 0.0, -0.0);
      same(Functions.MINIMUM, t, 0.0, -0.0, 0.0);
      same(Functions.GREATER, t, NAN, 1, 0);
      same(Functions.GREATER_EQUAL, t, 1, NAN, 0);
    }
  }

  @Test
  void oddFunctionsAreOddBitForBit() {
    for (Defined fn : List.of(Functions.TANH, Functions.ERF, Functions.SIN)) {
      Scalars at = new Scalars(fn, DType.F32);
      for (float x = 0; x < 12; x += 0.0137f) {
        assertThat(at.at(-x)).as("%s at %s", fn, x).isEqualTo(-at.at(x));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"F32", "F64", "FRAME"})
  void transcendentalsSayWhatToDoAboutOtherTypes(DType t) {
    assertThatThrownBy(() -> ScalarCode.of(Functions.EXP, List.of(t)).lowered())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("exp computes in f32 or f64, found %s; cast the operand", t.text());
  }
}
