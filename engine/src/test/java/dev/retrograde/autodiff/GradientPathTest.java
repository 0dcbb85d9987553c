package dev.retrograde.autodiff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.NoGradientException;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.Verifier;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Kept;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/// Where gradients flow and where they are cut: branches, regions, loops, and what the message
/// says.
class GradientPathTest {
  private static final DType F = DType.F64;

  /// The gradient of the sum of f at (x, flag).
  private static Program gradient(BiFunction<Trace, Tensor, Tensor> f) {
    return Verifier.verify(
        Trace.program(
            "gradient",
            true,
            t -> {
              Tensor x = t.scope("layer", () -> t.input("x", Type.of(F, 2)));
              Tensor y = t.scope("layer", () -> f.apply(t, x));
              Value loss = t.sum(y).value();
              Map<String, Value> g =
                  Reverse.gradients(t.emit(), t.nodes(), loss, Map.of("x", x.value()));
              t.output("g", new Tensor(g.get("x")));
            }));
  }

  private static double[] at(Program p, double flag) {
    Map<String, HostTensor> in =
        Map.of(
            "x", HostTensor.of(Type.of(F, 2), 2, 3), "flag", HostTensor.scalar(DType.BOOL, flag));
    return Interpreter.run(p, in, Map.of()).outputs().get("g").toDoubles();
  }

  @Test
  void theTakenBranchIsDifferentiated() {
    Program p =
        gradient((t, x) -> {
          Tensor flag = t.input("flag", Type.of(DType.BOOL));
          Tensor square = t.mul(x, x);
          return new Control(t)
                  .cond(
                      flag,
                      () -> List.of(t.mul(square, x), square),
                      () -> List.of(x, t.zeros(x.type())))
                  .stream()
                  .reduce(t::add)
                  .orElseThrow();
        });
    assertThat(at(p, 1)).containsExactly(3 * 4 + 2 * 2, 3 * 9 + 2 * 3);
    assertThat(at(p, 0)).containsExactly(1, 1);
  }

  @Test
  void branchesInBranchesAreDifferentiated() {
    Program p =
        gradient((t, x) -> {
          Control c = new Control(t);
          Tensor flag = t.input("flag", Type.of(DType.BOOL));
          Tensor big = t.lessEqual(t.constant(F, 4), t.sum(x));
          return c.cond(
                  flag,
                  () -> c.cond(big, () -> List.of(t.mul(x, 5)), () -> List.of(t.mul(x, 7))),
                  () -> List.of(t.mul(x, x)))
              .get(0);
        });
    assertThat(at(p, 1)).containsExactly(5, 5);
    assertThat(at(p, 0)).containsExactly(4, 6);
  }

  @Test
  void forwardModeTakesTheSameBranch() {
    Program p =
        Verifier.verify(
            Trace.program(
                "tangent",
                true,
                t -> {
                  Tensor x = t.input("x", Type.of(F, 2));
                  Tensor v = t.constant(F, 1);
                  Tensor ones = t.broadcast(v, x.type().extents());
                  Tensor y =
                      new Control(t)
                          .cond(
                              t.input("flag", Type.of(DType.BOOL)),
                              () -> List.of(t.mul(x, x)),
                              () -> List.of(ones))
                          .get(0);
                  Map<Value, Value> tangents =
                      Forward.pushforward(t.emit(), t.nodes(), Map.of(x.value(), ones.value()));
                  t.output("g", new Tensor(tangents.get(y.value())));
                }));
    assertThat(at(p, 1)).containsExactly(4, 6);
    assertThat(at(p, 0)).containsExactly(0, 0);
  }

  @Test
  void aRegionUsesItsOwnRule() {
    Program p =
        gradient((t, x) ->
            new Control(t)
                .region(
                    "straight through",
                    List.of(x, t.cast(x, DType.I32)),
                    a -> Kept.of(List.of(t.apply(Primitive.ROUND, a.get(0))), List.of(a.get(0))),
                    (kept, dy) -> List.of(t.mul(dy.get(0), kept.get(0))))
                .get(0));
    assertThat(at(p, 0)).containsExactly(2, 3);
  }

  @Test
  void aRegionDoesNotCaptureWhatNeedsAGradient() {
    BiFunction<Trace, Tensor, Tensor> captures =
        (t, x) ->
            new Control(t)
                .region(
                    "constant",
                    List.of(),
                    a -> Kept.of(List.of(t.mul(x, 2)), List.of()),
                    (kept, dy) -> List.of())
                .get(0);
    assertThatThrownBy(() -> gradient(captures))
        .isInstanceOf(NoGradientException.class)
        .hasMessageContaining("region 'constant' of layer")
        .hasMessageContaining("pass it as an argument, or stop its gradient");
    Program stopped = gradient((t, x) -> t.add(x, captures.apply(t, t.stopGradient(x))));
    assertThat(at(stopped, 0)).containsExactly(1, 1);
  }

  @Test
  void orderedCodeInABranchRunsOnce() {
    List<Double> seen = new ArrayList<>();
    ControlOp.Callback log =
        in -> {
          seen.add(in[0].get(0));
          return new HostTensor[0];
        };
    Program p =
        gradient((t, x) -> {
          Control c = new Control(t);
          return c.cond(
                  t.constant(DType.BOOL, 1),
                  () -> {
                    c.foreign("log", true, List.of(), log, x);
                    return List.of(t.mul(x, x));
                  },
                  () -> List.of(x))
              .get(0);
        });
    assertThat(at(p, 0)).containsExactly(4, 6);
    assertThat(seen).containsExactly(2.0);
  }

  @Test
  void orderedCodeInABranchHasNoTangents() {
    assertThatThrownBy(() ->
            Trace.program(
                "tangent",
                true,
                t -> {
                  Tensor x = t.input("x", Type.of(F));
                  Control c = new Control(t);
                  c.cond(
                      t.constant(DType.BOOL, 1),
                      () -> {
                        c.foreign("log", true, List.of(), in -> new HostTensor[0], x);
                        return List.of(t.mul(x, x));
                      },
                      () -> List.of(x));
                  Forward.pushforward(t.emit(), t.nodes(), Map.of(x.value(), x.value()));
                }))
        .isInstanceOf(NoGradientException.class)
        .hasMessageContaining("ordered Java code");
  }

  @Test
  void javaCodeSaysWhatToDoInstead() {
    assertThatThrownBy(() ->
            gradient((t, x) ->
                new Control(t).foreign("box", false, List.of(x.type()), in -> in, x).get(0)))
        .isInstanceOf(NoGradientException.class)
        .hasMessageContaining("Foreign 'layer")
        .hasMessageContaining("put it in a region with a rule");
  }

  @Test
  void theMessageNamesTheOpInsideBranchesLoopsAndFunctions() {
    BiFunction<Trace, Tensor, Tensor> cut = (t, x) -> t.scope("cut", () -> t.stopGradient(x));
    assertThatThrownBy(() ->
            gradient((t, x) ->
                new Control(t)
                    .forLoop(
                        t.constant(DType.I32, 2),
                        List.of(t.zeros(x.type())),
                        (i, v) ->
                            new Control(t)
                                .cond(
                                    t.constant(DType.BOOL, 1),
                                    () -> List.of(t.add(v.get(0), cut.apply(t, x))),
                                    () -> List.of(v.get(0))))
                    .get(0)))
        .isInstanceOf(NoGradientException.class)
        .hasMessageContaining("'x' has no gradient: StopGradient 'layer/cut (");
    // Two trips on the way: from the second carried value to the first.
    assertThatThrownBy(() ->
            gradient((t, x) ->
                new Control(t)
                    .scan(
                        dev.retrograde.ir.Extent.of(3),
                        false,
                        List.of(t.zeros(x.type()), x),
                        List.of(),
                        (i, v, rows) ->
                            new Stepped(List.of(cut.apply(t, v.get(1)), v.get(1)), List.of()))
                    .carried()
                    .get(0)))
        .hasMessageContaining("'x' has no gradient: StopGradient 'layer/cut (");
    assertThatThrownBy(() ->
            gradient((t, x) ->
                new Control(t)
                    .function("f", false, List.of(x.type()), List.of(x.type()))
                    .define(a -> List.of(t.scope("cut", () -> t.apply(Primitive.FLOOR, a.get(0)))))
                    .call(x)
                    .get(0)))
        .hasMessageContaining("'x' has no gradient: Map 'layer/cut (");
  }

  @Test
  void aSecondReverseModeThroughFramesIsRefused() {
    assertThatThrownBy(() ->
            gradient((t, x) -> {
              Tensor y =
                  new Control(t)
                      .cond(
                          t.constant(DType.BOOL, 1),
                          () -> List.of(t.mul(t.mul(x, x), t.mul(x, x))),
                          () -> List.of(x))
                      .get(0);
              Value loss = t.sum(y).value();
              Map<String, Value> g =
                  Reverse.gradients(t.emit(), t.nodes(), loss, Map.of("x", x.value()));
              return new Tensor(g.get("x"));
            }))
        .isInstanceOf(NoGradientException.class)
        .hasMessageContaining("take second derivatives by forward over reverse mode");
  }

  @Test
  void theMessageNamesTheOpThatCutThePath() {
    assertThatThrownBy(() -> gradient((t, x) -> t.mul(t.stopGradient(x), 2)))
        .isInstanceOf(NoGradientException.class)
        .hasMessageContaining("'x' has no gradient: StopGradient 'layer")
        .hasMessageContaining("make it not trainable, or give that op a rule");
    assertThatThrownBy(
            () -> gradient((t, x) -> t.cast(t.lessEqual(t.mul(x, 2), t.zeros(x.type())), F)))
        .hasMessageContaining("'x' has no gradient: Map 'layer");
    assertThatThrownBy(() -> gradient((t, x) -> t.apply(Primitive.FLOOR, t.mul(x, 3))))
        .hasMessageContaining("'x' has no gradient: Map 'layer");
    assertThatThrownBy(() -> gradient((t, x) -> t.zeros(x.type())))
        .hasMessageContaining("the loss does not depend on it");
    assertThatThrownBy(() -> gradient((t, x) -> t.cast(t.argmax(x, 0), F)))
        .hasMessageContaining("'x' has no gradient: Reduce 'layer");
  }

  @Test
  void theMessagePassesOverMetricsBesideTheLoss() {
    assertThatThrownBy(() ->
            gradient((t, x) -> {
              t.output("best", t.argmax(x, 0));
              return t.stopGradient(x);
            }))
        .hasMessageContaining("'x' has no gradient: StopGradient 'layer");
  }

  @Test
  void aSilentOutputIsACutWhereItsCompanionIsNotUsed() {
    assertThatThrownBy(() ->
            gradient((t, x) ->
                new Control(t)
                    .region(
                        "counts",
                        List.of(x),
                        a ->
                            Kept.of(List.of(t.mul(a.get(0), 1), t.mul(a.get(0), 2)), List.of())
                                .withCompanion(0, 1),
                        (kept, dy) -> List.of(dy.get(0)))
                    .get(0)))
        .isInstanceOf(NoGradientException.class)
        .hasMessageContaining("'x' has no gradient: Region 'layer");
  }

  @Test
  void aTensorIsNotReadAsANumber() {
    assertThatThrownBy(() -> gradient((t, x) -> t.sum(x).item() < 1 ? x : t.mul(x, 2)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("symbolic f64[] has no number while the program is traced")
        .hasMessageContaining("use Control.cond, whileLoop or forLoop");
  }

  @Test
  void aLossIsAScalar() {
    assertThatThrownBy(() ->
            Trace.program(
                "no loss",
                true,
                t -> {
                  Tensor x = t.input("x", Type.of(F, 2));
                  Reverse.gradients(t.emit(), t.nodes(), x.value(), Map.of("x", x.value()));
                }))
        .hasMessageContaining("a loss is a scalar of a floating type, found f64[2]");
  }
}
