package dev.retrograde.scalar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.scalar.ScalarFn.Defined;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Partial derivatives against central differences in f64, and at the kinks.
class DerivativeTest {
  /// A function and the box its operands are drawn from.
  record Row(ScalarFn fn, double low, double high) {
    @Override
    public String toString() {
      return fn.text();
    }
  }

  static List<Row> rows() {
    return List.of(
        new Row(Functions.EXP, -4, 4),
        new Row(Functions.EXPM1, -4, 4),
        new Row(Functions.LOG, 0.1, 9),
        new Row(Functions.LOG1P, -0.8, 9),
        new Row(Functions.RSQRT, 0.1, 9),
        new Row(Functions.RECIPROCAL, -4, -0.3),
        new Row(Functions.SQUARE, -4, 4),
        new Row(Functions.POW, 0.3, 3),
        new Row(Functions.TANH, -3, 3),
        new Row(Functions.SIGMOID, -6, 6),
        new Row(Functions.SOFTPLUS, -6, 6),
        new Row(Functions.SILU, -6, 6),
        new Row(Functions.ERF, -2.5, 2.5),
        new Row(Functions.GELU, -4, 4),
        new Row(Functions.SIN, -9, 9),
        new Row(Functions.COS, -9, 9),
        new Row(Functions.RELU, 0.1, 3),
        new Row(Functions.RELU, -3, -0.1),
        new Row(Functions.MAXIMUM, -3, 3),
        new Row(Functions.MINIMUM, -3, 3),
        new Row(Primitive.ADD, -3, 3),
        new Row(Primitive.SUB, -3, 3),
        new Row(Primitive.MUL, -3, 3),
        new Row(Primitive.DIV, 0.3, 3),
        new Row(Primitive.FMA, -3, 3),
        new Row(Primitive.NEG, -3, 3),
        new Row(Primitive.ABS, -3, -0.1),
        new Row(Primitive.SQRT, 0.1, 9),
        new Row(Primitive.MIN, -3, 3),
        new Row(Primitive.MAX, -3, 3));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void agreesWithCentralDifferences(Row row) {
    ScalarFn fn = row.fn();
    List<@Nullable ScalarCode> partials = partials(fn, DType.F64);
    ScalarEval value = new ScalarEval(ScalarCode.of(fn, types(fn, DType.F64)));
    SplittableRandom random = new SplittableRandom(3);
    for (int k = 0; k < 300; k++) {
      double[] x = random.doubles(fn.arity(), row.low(), row.high()).toArray();
      if (x.length == 2 && Math.abs(x[0] - x[1]) < 1e-3) {
        continue;
      }
      for (int i = 0; i < x.length; i++) {
        double h = 1e-5 * Math.max(1, Math.abs(x[i]));
        double[] right = x.clone();
        double[] left = x.clone();
        right[i] += h;
        left[i] -= h;
        double slope = (at(value, right) - at(value, left)) / (right[i] - left[i]);
        double found = at(new ScalarEval(partials.get(i)), x);
        assertThat(found)
            .as("d%s/d%d at %s", fn.text(), i, java.util.Arrays.toString(x))
            .isCloseTo(slope, within(1e-6 * Math.max(Math.abs(slope), 1e-3)));
      }
    }
  }

  private static List<DType> types(ScalarFn fn, DType t) {
    return Collections.nCopies(fn.arity(), t);
  }

  private static double at(ScalarEval eval, double... x) {
    long[] bits = new long[x.length];
    for (int i = 0; i < x.length; i++) {
      bits[i] = Double.doubleToRawLongBits(x[i]);
    }
    eval.run(bits);
    return Double.longBitsToDouble(eval.result(0));
  }

  private static List<@Nullable ScalarCode> partials(ScalarFn fn, DType t) {
    List<@Nullable ScalarCode> out = new ArrayList<>();
    for (int i = 0; i < fn.arity(); i++) {
      ScalarCode.Builder b = new ScalarCode.Builder(types(fn, t));
      List<Integer> args = new ArrayList<>();
      for (int k = 0; k < fn.arity(); k++) {
        args.add(b.arg(k));
      }
      Integer p = Functions.partials(b, fn, args, b.apply(fn, args)).get(i);
      out.add(p == null ? null : b.build(List.of(p)).pruned());
    }
    return out;
  }

  private static double partial(ScalarFn fn, int i, double... x) {
    return at(new ScalarEval(partials(fn, DType.F64).get(i)), x);
  }

  @Test
  void kinksAndTies() {
    assertThat(partial(Functions.RELU, 0, 0.0)).isZero();
    assertThat(partial(Primitive.ABS, 0, 0.0)).isZero();
    for (Defined extreme : List.of(Functions.MAXIMUM, Functions.MINIMUM)) {
      assertThat(partial(extreme, 0, 2, 2)).isEqualTo(1);
      assertThat(partial(extreme, 1, 2, 2)).isZero();
      assertThat(partial(extreme, 0, -0.0, 0.0)).isEqualTo(1);
    }
    assertThat(partial(Functions.MAXIMUM, 1, 2, 3)).isEqualTo(1);
    assertThat(partial(Functions.MINIMUM, 1, 2, 3)).isZero();
  }

  @Test
  void powHasFiniteSlopesWhereItShould() {
    assertThat(partial(Functions.POW, 0, 0, 2)).isZero();
    assertThat(partial(Functions.POW, 0, 0, 1)).isEqualTo(1);
    assertThat(partial(Functions.POW, 0, 0, 0)).isZero();
    assertThat(partial(Functions.POW, 0, -3, 2)).isEqualTo(-6);
    assertThat(partial(Functions.POW, 1, 0, 2)).isZero();
    assertThat(partial(Functions.POW, 1, -3, 2)).isNaN();
  }

  @Test
  void slopesAtInfinity() {
    double inf = Double.POSITIVE_INFINITY;
    for (Defined fn : List.of(Functions.GELU, Functions.SILU, Functions.SOFTPLUS)) {
      assertThat(partial(fn, 0, inf)).as("%s at inf", fn).isEqualTo(1);
      assertThat(partial(fn, 0, -inf)).as("%s at -inf", fn).isZero();
    }
    for (Defined fn : List.of(Functions.TANH, Functions.SIGMOID, Functions.ERF)) {
      assertThat(partial(fn, 0, inf)).as("%s at inf", fn).isZero();
      assertThat(partial(fn, 0, -inf)).as("%s at -inf", fn).isZero();
    }
  }

  @Test
  void someReadOnlyTheResult() {
    List<ScalarFn> frugal =
        List.of(
            Functions.EXP,
            Functions.EXPM1,
            Functions.TANH,
            Functions.SIGMOID,
            Functions.SOFTPLUS,
            Functions.RSQRT,
            Functions.RECIPROCAL,
            Functions.RELU,
            Primitive.SQRT);
    for (ScalarFn fn : frugal) {
      ScalarCode.Builder b = new ScalarCode.Builder(List.of(DType.F32, DType.F32));
      Integer p = Functions.partials(b, fn, List.of(b.arg(0)), b.arg(1)).get(0);
      assertThat(b.build(List.of(p)).pruned().instrs())
          .as(fn.text())
          .doesNotContain(new ScalarCode.Arg(0, DType.F32));
    }
  }

  @Test
  void comparisonsAndSignAreFlat() {
    for (Defined fn : List.of(Functions.SIGN, Functions.GREATER, Functions.GREATER_EQUAL)) {
      assertThat(partials(fn, DType.F64)).as(fn.text()).containsOnlyNulls();
    }
  }
}
