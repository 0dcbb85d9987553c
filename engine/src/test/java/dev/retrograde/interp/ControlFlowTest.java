package dev.retrograde.interp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.ShapeException;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Callable;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Loops, branches, functions and calls of Java code.
class ControlFlowTest {
  private static final Type INT = Type.of(DType.I32);

  private static HostTensor whole(int v) {
    return HostTensor.scalar(DType.I32, v);
  }

  private static double run(Program p, int n) {
    Program q = MethodShapesTest.checked(p, Map.of());
    return Interpreter.run(q, Map.of("n", whole(n)), Map.of()).outputs().get("y").get(0);
  }

  @Test
  void aLoopRunsAsOftenAsItsCountSays() {
    Program p =
        Trace.program(
            "powers",
            false,
            t -> {
              Control c = new Control(t);
              Tensor n = t.input("n", INT);
              List<Tensor> r =
                  c.forLoop(
                      n,
                      10,
                      List.of(t.constant(DType.I32, 1), t.constant(DType.I32, 0)),
                      (i, v) -> List.of(t.mul(v.get(0), 2), t.add(v.get(1), i)));
              t.output("y", t.add(t.mul(r.get(0), 100), r.get(1)));
            });
    assertThat(run(p, 0)).isEqualTo(100);
    assertThat(run(p, -3)).isEqualTo(100);
    assertThat(run(p, 5)).isEqualTo(3210);
    assertThatThrownBy(() -> run(p, 11))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("runs more often than its bound of 10");
  }

  @Test
  void aWhileLoopRunsUntilItsConditionFails() {
    Program p =
        Trace.program(
            "collatz",
            false,
            t -> {
              Control c = new Control(t);
              Tensor one = t.constant(DType.I32, 1);
              List<Tensor> r =
                  c.whileLoop(
                      115,
                      List.of(t.input("n", INT), t.constant(DType.I32, 0)),
                      v -> t.less(one, v.get(0)),
                      v -> {
                        Tensor half = t.div(v.get(0), t.constant(DType.I32, 2));
                        Tensor even = t.equal(t.mul(half, 2), v.get(0));
                        Tensor next =
                            c.cond(
                                    even,
                                    () -> List.of(half),
                                    () -> List.of(t.add(t.mul(v.get(0), 3), 1)))
                                .get(0);
                        return List.of(next, t.add(v.get(1), one));
                      });
              t.output("y", r.get(1));
            });
    assertThat(run(p, 1)).isZero();
    assertThat(run(p, 27)).isEqualTo(111);
    assertThatThrownBy(() -> run(p, 97)).hasMessageContaining("bound of 115");
  }

  @Test
  void functionsCallThemselvesAndEachOther() {
    Program fibonacci =
        Trace.program(
            "fibonacci",
            false,
            t -> {
              Control c = new Control(t);
              Tensor base = t.input("base", INT);
              Callable f = c.function("fib", false, List.of(INT), List.of(INT));
              f.define(p ->
                  c.cond(
                      t.less(p.get(0), t.constant(DType.I32, 2)),
                      () -> List.of(t.add(p.get(0), base)),
                      () ->
                          List.of(
                              t.add(
                                  f.call(t.add(p.get(0), -1)).get(0),
                                  f.call(t.add(p.get(0), -2)).get(0)))));
              t.output("y", f.call(t.input("n", INT)).get(0));
            });
    Program q = MethodShapesTest.checked(fibonacci, Map.of());
    assertThat(
            Interpreter.run(q, Map.of("n", whole(12), "base", whole(0)), Map.of())
                .outputs()
                .get("y")
                .get(0))
        .isEqualTo(144);

    Program parity =
        Trace.program(
            "parity",
            false,
            t -> {
              Control c = new Control(t);
              Type bool = Type.of(DType.BOOL);
              Callable even = c.function("even", false, List.of(INT), List.of(bool));
              Callable odd = c.function("odd", false, List.of(INT), List.of(bool));
              for (Callable f : List.of(even, odd)) {
                f.define(p ->
                    c.cond(
                        t.equal(p.get(0), t.constant(DType.I32, 0)),
                        () -> List.of(t.constant(DType.BOOL, f == even ? 1 : 0)),
                        () -> (f == even ? odd : even).call(t.add(p.get(0), -1))));
              }
              t.output("y", even.call(t.input("n", INT)).get(0));
            });
    assertThat(run(parity, 7)).isZero();
    assertThat(run(parity, 8)).isEqualTo(1);
    assertThat(run(parity, 5_000)).isEqualTo(1);
    assertThatThrownBy(() -> run(parity, -1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(
            "calls deep, as deep as the stack allows; it needs a case that does not");
  }

  @Test
  void aScanMayRunBackwardsAndOverARunTimeNumberOfRows() {
    Program p =
        Trace.program(
            "suffix",
            false,
            t -> {
              Control c = new Control(t);
              Tensor n = t.input("n", INT);
              Tensor xs =
                  t.input("xs", new Type(DType.I32, List.of(new Extent.Ragged(5, n.value()))));
              Stepped s =
                  c.scan(
                      xs.type().extents().get(0),
                      true,
                      List.of(t.constant(DType.I32, 0)),
                      List.of(xs),
                      (i, v, rows) -> {
                        Tensor sum = t.add(v.get(0), rows.get(0));
                        return new Stepped(List.of(sum), List.of(sum));
                      });
              t.output("ys", s.rows().get(0));
            });
    Program q = MethodShapesTest.checked(p, Map.of());
    HostTensor three = HostTensor.of(Type.of(DType.I32, 3), 1, 10, 100);
    assertThat(
            Interpreter.run(q, Map.of("n", whole(3), "xs", three), Map.of())
                .outputs()
                .get("ys")
                .toDoubles())
        .containsExactly(111, 110, 100);
    HostTensor none = HostTensor.zeros(Type.of(DType.I32, 0));
    assertThat(
            Interpreter.run(q, Map.of("n", whole(0), "xs", none), Map.of())
                .outputs()
                .get("ys")
                .size())
        .isZero();
    assertThatThrownBy(() -> Interpreter.run(q, Map.of("n", whole(2), "xs", three), Map.of()))
        .hasMessageContaining("input 'xs' must be i32[2], found i32[3]");
    assertThatThrownBy(() -> Interpreter.run(q, Map.of("n", whole(6), "xs", three), Map.of()))
        .hasMessageContaining("is 6, expected 0 to 5");
  }

  @Test
  void orderedJavaCodeRunsInTheProgramsOrder() {
    List<Integer> seen = new ArrayList<>();
    ControlOp.Callback log =
        x -> {
          seen.add((int) x[0].get(0));
          return new HostTensor[0];
        };
    Program p =
        Trace.program(
            "log",
            false,
            t -> {
              Control c = new Control(t);
              Tensor n = t.input("n", INT);
              c.foreign("log", true, List.of(), log, n);
              c.forLoop(
                  n,
                  List.of(),
                  (i, v) -> {
                    c.foreign("log", true, List.of(), log, i);
                    return List.of();
                  });
            });
    assertThat(p.nodes()).noneMatch(dev.retrograde.ir.Node::pure);
    Interpreter.run(
        MethodShapesTest.checked(p, Map.of("log", log)), Map.of("n", whole(3)), Map.of());
    assertThat(seen).containsExactly(3, 0, 1, 2);
  }

  @Test
  void javaCodeMustReturnWhatItDeclares() {
    Program p =
        Trace.program(
            "liar",
            false,
            t ->
                t.output(
                    "y",
                    new Control(t)
                        .foreign("liar", false, List.of(INT), x -> new HostTensor[0])
                        .get(0)));
    assertThatThrownBy(() -> Interpreter.run(p, Map.of(), Map.of()))
        .hasMessageContaining("foreign 'liar' returned [], declared are [i32[]]");
  }

  @Test
  void bodiesThatDoNotFitAreShapeErrors() {
    assertThatThrownBy(() ->
            Trace.program(
                "wrong",
                false,
                t -> {
                  Tensor x = t.input("x", Type.of(DType.F32, 2));
                  new Control(t)
                      .cond(t.constant(DType.BOOL, 1), () -> List.of(x), () -> List.of(t.sum(x)));
                }))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("If '' (ControlFlowTest.java:")
        .hasMessageContaining("results of the second branch are [f32[]], expected [f32[2]]");
    assertThatThrownBy(() ->
            Trace.program(
                "wrong",
                false,
                t ->
                    new Control(t)
                        .forLoop(
                            t.constant(DType.I32, 1),
                            List.of(t.constant(DType.F32, 1)),
                            (i, v) -> List.of(i))))
        .hasMessageContaining("results of the body are [i32[]], expected [f32[]]");
  }
}
