package dev.retrograde.autodiff;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Reverse mode of counted and conditional loops.
class LoopGradientTest {
  private static final DType F = DType.F64;

  static HostTensor f(double v) {
    return HostTensor.scalar(F, v);
  }

  static HostTensor f(int n, double... v) {
    return HostTensor.of(Type.of(F, n), v);
  }

  static HostTensor whole(int v) {
    return HostTensor.scalar(DType.I32, v);
  }

  static Tensor sin(Trace t, Tensor x) {
    return t.apply(dev.retrograde.scalar.Functions.SIN, x);
  }

  @ParameterizedTest
  @ValueSource(ints = {-2, 0, 1, 7, 10_000})
  @DisplayName("3. counted loops of 0, 1, 7 and 10,000 trips")
  void aCountedLoop(int trips) {
    GradientCheck.of((t, in) ->
            new Control(t)
                .forLoop(
                    in.get("n"),
                    List.of(in.get("x")),
                    (i, v) -> List.of(sin(t, t.add(t.mul(v.get(0), in.get("w")), in.get("b")))))
                .get(0))
        .input("n", whole(trips))
        .input("x", f(0.4))
        .input("w", f(0.9))
        .input("b", f(0.1))
        .check();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 10_000})
  @DisplayName("3. conditional loops of 0, 1, 7 and 10,000 trips")
  void aConditionalLoop(int trips) {
    GradientCheck.of(
            (t, in) -> {
              Control c = new Control(t);
              Tensor one = t.constant(DType.I32, 1);
              return c.whileLoop(
                      20_000,
                      List.of(in.get("x"), in.get("n")),
                      v -> t.less(t.constant(DType.I32, 0), v.get(1)),
                      v ->
                          List.of(
                              sin(t, t.add(t.mul(v.get(0), in.get("w")), in.get("b"))),
                              t.sub(v.get(1), one)))
                  .get(0);
            })
        .input("n", whole(trips))
        .input("x", f(0.4))
        .input("w", f(0.9))
        .input("b", f(0.1))
        .check();
  }

  @Test
  void aLoopWhoseBackwardReadsNothingLeavesNoFrames() {
    Program p =
        GradientCheck.of((t, in) ->
                new Control(t)
                    .forLoop(
                        in.get("n"),
                        List.of(in.get("x")),
                        (i, v) -> List.of(t.mul(t.add(v.get(0), in.get("b")), 0.5)))
                    .get(0))
            .input("n", whole(4))
            .input("x", f(3))
            .input("b", f(1))
            .check();
    assertThat(dev.retrograde.ir.Printer.print(p)).doesNotContain("Pack");
  }

  @Test
  @DisplayName("3. halve until at most 1; Newton to a tolerance")
  void untilATolerance() {
    GradientCheck.of(
            (t, in) -> {
              Control c = new Control(t);
              Tensor one = t.constant(F, 1);
              return c.whileLoop(
                      100,
                      List.of(in.get("x")),
                      v -> t.less(one, t.abs(v.get(0))),
                      v -> List.of(t.mul(v.get(0), 0.5)))
                  .get(0);
            })
        .input("x", f(37.3))
        .check();
    GradientCheck.of(
            (t, in) -> {
              Control c = new Control(t);
              Tensor a = in.get("a");
              return c.whileLoop(
                      50,
                      List.of(in.get("x")),
                      v -> t.less(t.constant(F, 1e-12), t.abs(t.sub(t.mul(v.get(0), v.get(0)), a))),
                      v -> List.of(t.mul(t.add(v.get(0), t.div(a, v.get(0))), 0.5)))
                  .get(0);
            })
        .input("a", f(2.7))
        .input("x", f(1.9))
        .check();
  }

  @Test
  @DisplayName("5. the index: sum of a[i] x^i")
  void theIndexIsTheTripsOwn() {
    GradientCheck.of(
            (t, in) -> {
              Control c = new Control(t);
              Tensor a = in.get("a");
              return c.forLoop(
                      t.constant(DType.I32, 5),
                      List.of(t.constant(F, 0), t.constant(F, 1)),
                      (i, v) -> {
                        Tensor ai = t.op(new dev.retrograde.ir.MoveOp.Gather(), a, i);
                        Tensor weight = t.add(t.cast(i, F), 1);
                        return List.of(
                            t.add(v.get(0), t.mul(t.mul(ai, v.get(1)), weight)),
                            t.mul(v.get(1), in.get("x")));
                      })
                  .get(0);
            })
        .input("a", f(5, 0.3, -1, 2, 0.7, -0.2))
        .input("x", f(0.8))
        .check();
  }

  @Test
  @DisplayName("3. loops under branches in loops, branches in loops, early exit")
  void nests() {
    GradientCheck.of(
            (t, in) -> {
              Control c = new Control(t);
              Tensor w = in.get("w");
              return c.forLoop(
                      t.constant(DType.I32, 6),
                      List.of(in.get("x")),
                      (i, v) ->
                          c.cond(
                              t.less(v.get(0), t.constant(F, 0.5)),
                              () ->
                                  c.whileLoop(
                                      9,
                                      List.of(v.get(0)),
                                      u -> t.less(u.get(0), t.constant(F, 2)),
                                      u -> List.of(t.add(t.mul(u.get(0), w), in.get("b")))),
                              () ->
                                  c.cond(
                                      t.less(v.get(0), t.constant(F, 2)),
                                      () -> List.of(sin(t, t.mul(v.get(0), w))),
                                      () -> List.of(t.mul(v.get(0), 0.1)))))
                  .get(0);
            })
        .input("x", f(0.2))
        .input("w", f(1.3))
        .input("b", f(0.45))
        .check();
    GradientCheck.of(
            (t, in) -> {
              Control c = new Control(t);
              Tensor one = t.constant(DType.I32, 1);
              List<Tensor> r =
                  c.whileLoop(
                      100,
                      List.of(in.get("x"), in.get("x"), t.constant(DType.I32, 0)),
                      v ->
                          t.apply(
                              dev.retrograde.scalar.ScalarFn.Primitive.AND,
                              t.less(v.get(2), t.constant(DType.I32, 50)),
                              t.less(v.get(0), t.constant(F, 10))),
                      v ->
                          List.of(
                              t.mul(v.get(0), in.get("w")),
                              t.add(v.get(1), sin(t, v.get(0))),
                              t.add(v.get(2), one)));
              return t.add(t.mul(r.get(1), r.get(0)), t.cast(r.get(2), F));
            })
        .input("x", f(0.2))
        .input("w", f(1.3))
        .check();
  }

  @Test
  void carriedValuesWithoutAGradientAreLeftOut() {
    GradientCheck c =
        GradientCheck.of(
                (t, in) -> {
                  Control k = new Control(t);
                  return k.forLoop(
                          t.constant(DType.I32, 5),
                          List.of(t.constant(F, 1), in.get("x"), in.get("x")),
                          (i, v) ->
                              List.of(
                                  t.mul(v.get(0), 2),
                                  t.add(t.mul(v.get(1), v.get(0)), v.get(2)),
                                  t.mul(v.get(2), v.get(2))))
                      .get(1);
                })
            .input("x", f(0.7));
    c.check();
  }

  @Test
  @DisplayName("6. 20 branches in a row: a program of linear size")
  void consecutiveBranches() {
    int one = nodes(branches(1).check());
    int ten = nodes(branches(10).check());
    int twenty = nodes(branches(20).check());
    assertThat(twenty - ten).isEqualTo(10 * ((ten - one) / 9)).isLessThan(10 * 60);
  }

  private static GradientCheck branches(int n) {
    return GradientCheck.of(
            (t, in) -> {
              Tensor x = in.get("x");
              for (int i = 0; i < n; i++) {
                Tensor at = x;
                x =
                    new Control(t)
                        .cond(
                            t.less(at, t.constant(F, 0.5)),
                            () -> List.of(t.add(t.mul(at, at), 0.4)),
                            () -> List.of(sin(t, t.mul(at, in.get("w")))))
                        .get(0);
              }
              return x;
            })
        .input("x", f(0.3))
        .input("w", f(0.8));
  }

  static int nodes(Program p) {
    return p.nodes().stream().mapToInt(LoopGradientTest::nodes).sum();
  }

  private static int nodes(dev.retrograde.ir.Node n) {
    return 1
        + n.blocks().stream()
            .flatMap(b -> b.nodes().stream())
            .mapToInt(LoopGradientTest::nodes)
            .sum();
  }

  @Test
  void aPredicateOnNanIsFalseForwardAndBackward() {
    GradientCheck c =
        GradientCheck.of(
                (t, in) -> {
                  Control k = new Control(t);
                  Tensor nan = t.div(t.constant(F, 0), t.constant(F, 0));
                  Tensor chosen =
                      k.cond(
                              t.less(nan, t.constant(F, 1)),
                              () -> List.of(t.mul(in.get("x"), 2)),
                              () -> List.of(t.mul(in.get("x"), in.get("x"))))
                          .get(0);
                  // No trip either.
                  return k.whileLoop(
                          10,
                          List.of(chosen),
                          v -> t.less(t.mul(v.get(0), nan), t.constant(F, 1)),
                          v -> List.of(t.mul(v.get(0), 7)))
                      .get(0);
                })
            .input("x", f(3));
    assertThat(c.run(c.check()).get("d x").get(0)).isEqualTo(6);
  }
}
