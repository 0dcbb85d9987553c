package dev.retrograde.scalar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.scalar.ScalarCode.Apply;
import dev.retrograde.scalar.ScalarCode.Arg;
import dev.retrograde.scalar.ScalarCode.Cast;
import dev.retrograde.scalar.ScalarCode.Const;
import dev.retrograde.scalar.ScalarFn.Defined;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The builder of scalar code, and what can be asked of code.
class ScalarCodeTest {
  private static ScalarCode.Builder builder(DType... params) {
    return new ScalarCode.Builder(List.of(params));
  }

  @Test
  void equalInstructionsAreOne() {
    ScalarCode.Builder b = builder(DType.F32);
    assertThat(b.add(b.arg(0), b.constant(DType.F32, 2)))
        .isEqualTo(b.add(b.arg(0), b.constant(DType.F32, 2)));
    assertThat(b.constant(DType.F32, 0.0)).isNotEqualTo(b.constant(DType.F32, -0.0));
    assertThat(b.constant(DType.F32, 1)).isNotEqualTo(b.constant(DType.F64, 1));
  }

  @Test
  void castsOfConstantsAndToTheSameTypeFold() {
    ScalarCode.Builder b = builder(DType.F32);
    assertThat(b.cast(DType.F32, b.arg(0))).isEqualTo(b.arg(0));
    int folded = b.cast(DType.I32, b.constant(DType.F32, 2.9));
    ScalarCode code = b.build(List.of(folded));
    assertThat(code.instrs().get(folded)).isEqualTo(new Const(DType.I32, 2));
    int kept = b.cast(DType.I32, b.arg(0));
    assertThat(b.build(List.of(kept)).instrs().get(kept)).isInstanceOf(Cast.class);
  }

  @Test
  void wrongOperandsAreRefused() {
    ScalarCode.Builder b = builder(DType.F32, DType.F64);
    assertThatThrownBy(() -> b.apply(Primitive.ADD, b.arg(0)))
        .hasMessage("add takes 2 operands, found 1");
    assertThatThrownBy(() -> b.add(b.arg(0), b.arg(1)))
        .hasMessage("add: operands differ: f32 and f64; cast one of them");
    assertThatThrownBy(() -> b.select(b.arg(0), b.arg(0), b.arg(0)))
        .hasMessageContaining("select wants a bool condition");
  }

  @Test
  void theOneFunctionOfAllParametersIsFound() {
    List<DType> two = List.of(DType.F32, DType.F32);
    assertThat(ScalarCode.of(Functions.POW, two).single()).isEqualTo(Functions.POW);
    ScalarCode.Builder swapped = builder(DType.F32, DType.F32);
    int p = swapped.apply(Primitive.SUB, swapped.arg(1), swapped.arg(0));
    assertThat(swapped.build(List.of(p)).single()).isNull();
    ScalarCode.Builder nested = builder(DType.F32);
    int q = nested.neg(nested.neg(nested.arg(0)));
    assertThat(nested.build(List.of(q)).single()).isNull();
    assertThat(ScalarCode.cast(DType.F32, DType.F64).single()).isNull();
  }

  @Test
  void pruningDropsWhatNoResultNeeds() {
    ScalarCode.Builder b = builder(DType.F32, DType.F32);
    b.mul(b.arg(0), b.arg(1));
    int kept = b.neg(b.arg(1));
    ScalarCode code = b.build(List.of(kept, kept)).pruned();
    assertThat(code.instrs())
        .containsExactly(new Arg(1, DType.F32), new Apply(Primitive.NEG, DType.F32, List.of(0)));
    assertThat(code.results()).containsExactly(1, 1);
    assertThat(code.params()).hasSize(2);
  }

  @Test
  void inliningMergesWithWhatIsThere() {
    ScalarCode square = ScalarCode.of(Functions.SQUARE, List.of(DType.F64));
    ScalarCode.Builder b = builder(DType.F64);
    int own = b.mul(b.arg(0), b.arg(0));
    assertThat(b.inline(square, List.of(b.arg(0)), true)).containsExactly(own);
    int call = b.inline(square, List.of(b.arg(0)), false).get(0);
    assertThat(b.build(List.of(call)).instrs().get(call))
        .isEqualTo(new Apply(Functions.SQUARE, DType.F64, List.of(b.arg(0))));
  }

  @Test
  void scalingByOneZeroOrAChoiceMultipliesNothing() {
    ScalarCode.Builder b = builder(DType.F64, DType.F64);
    int seed = b.arg(1);
    int one = b.constant(DType.F64, 1);
    int zero = b.constant(DType.F64, 0);
    assertThat(b.scaled(one, seed)).isEqualTo(seed);
    assertThat(b.scaled(b.constant(DType.F64, -1), seed)).isEqualTo(b.neg(seed));
    int choice = b.select(b.less(zero, b.arg(0)), one, zero);
    Scalars cut = new Scalars(b.build(List.of(b.scaled(choice, seed))), DType.F64);
    assertThat(cut.at(-1, Double.NaN)).isZero();
    assertThat(cut.at(1, 5)).isEqualTo(5);
    assertThat(b.scaled(b.arg(0), seed)).isEqualTo(b.mul(b.arg(0), seed));
  }

  @Test
  void loweredCodeHasPrimitivesOnly() {
    for (Defined fn : Functions.STANDARD) {
      for (DType t : List.of(DType.F32, DType.F64)) {
        ScalarCode code = ScalarCode.of(fn, Collections.nCopies(fn.arity(), t));
        ScalarCode low = code.lowered();
        assertThat(low.params()).isEqualTo(code.params());
        assertThat(low.resultType(0)).isEqualTo(code.resultType(0));
        assertThat(low.lowered()).isSameAs(low);
        assertThat(low.pruned()).isEqualTo(low);
        for (ScalarCode.Instr i : low.instrs()) {
          if (i instanceof Apply a) {
            assertThat(a.fn()).isInstanceOf(Primitive.class);
          }
        }
      }
    }
  }

  /// Bodies convert nothing, and shift by constants that every target accepts.
  @Test
  void bodiesShiftWithinTheWordAndConvertNothing() {
    Set<Primitive> shifts = Set.of(Primitive.SHL, Primitive.SHR, Primitive.USHR);
    for (Defined fn : Functions.STANDARD) {
      for (DType t : List.of(DType.F32, DType.F64)) {
        ScalarCode low = ScalarCode.of(fn, Collections.nCopies(fn.arity(), t)).lowered();
        for (ScalarCode.Instr i : low.instrs()) {
          assertThat(i).as(fn.text()).isNotInstanceOf(Cast.class);
          if (i instanceof Apply a && shifts.contains(a.fn())) {
            assertThat(low.instrs().get(a.args().get(1))).isInstanceOf(Const.class);
            Const by = (Const) low.instrs().get(a.args().get(1));
            assertThat(by.bits()).as(fn.text()).isBetween(0L, a.dtype().bytes() * 8L - 1);
          }
        }
      }
    }
  }

  @Test
  void namesAreDistinctAndStatedErrorsPlausible() {
    Set<String> names = new HashSet<>();
    for (Defined fn : Functions.STANDARD) {
      assertThat(names.add(fn.text())).as(fn.text()).isTrue();
      assertThat(fn.ulpF32()).as(fn.text()).isBetween(0.0, 3.5);
      assertThat(fn.ulpF64()).as(fn.text()).isBetween(0.0, 3.5);
    }
    assertThatThrownBy(() -> new Defined("none", 0, (b, a) -> 0, null, 0, 0, false))
        .hasMessage("a scalar function takes 1 to 3 operands, not 0");
  }

  @Test
  void evaluationTakesAParameterReadTwice() {
    ScalarCode twice =
        new ScalarCode(
            List.of(DType.I32),
            List.of(
                new Arg(0, DType.I32),
                new Arg(0, DType.I32),
                new Apply(Primitive.ADD, DType.I32, List.of(0, 1))),
            List.of(2));
    assertThat(new Scalars(twice, DType.I32).at(21)).isEqualTo(42);
  }
}
