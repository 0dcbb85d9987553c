package dev.retrograde.autodiff;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Callable;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Hessian-vector products and tangents through control flow, against central differences of
/// gradients and of values.
class SecondOrderTest {
  private static final DType F = DType.F64;
  private static final Type INT = Type.of(DType.I32);
  private static final Type INTS = Type.of(DType.I32, 5);

  private static Program program(int n, BiFunction<Trace, Tensor, Tensor> f, String what) {
    return GradientCheck.checked(
        Trace.program(
            what,
            true,
            t -> {
              Tensor x = t.input("x", Type.of(F, n));
              Tensor v = t.input("v", Type.of(F, n));
              Tensor loss = f.apply(t, x);
              List<dev.retrograde.ir.Node> nodes = t.nodes();
              Value out =
                  switch (what) {
                    case "gradient" ->
                        Reverse.gradients(t.emit(), nodes, loss.value(), Map.of("x", x.value()))
                            .get("x");
                    case "tangent" ->
                        Forward.pushforward(t.emit(), nodes, Map.of(x.value(), v.value()))
                            .get(loss.value());
                    default ->
                        Derivatives.hessianVector(
                            t.emit(), nodes, loss.value(), x.value(), v.value());
                  };
              t.output("loss", loss);
              t.output("out", new Tensor(out));
            }));
  }

  /// The Hessian times a direction against central differences of gradients along it; the tangent
  /// against the gradient times the direction.
  static void check(BiFunction<Trace, Tensor, Tensor> f, double... x) {
    int n = x.length;
    double[] v = new double[n];
    for (int i = 0; i < n; i++) {
      v[i] = Math.cos(3 * i + 1);
    }
    Program gradient = program(n, f, "gradient");
    double[] up = run(gradient, moved(x, v, 1e-5), v);
    double[] down = run(gradient, moved(x, v, -1e-5), v);
    double[] h = run(program(n, f, "product"), x, v);
    double[] g = run(gradient, x, v);
    double slope = 0;
    double most = 0;
    for (int i = 0; i < n; i++) {
      double expected = (up[i] - down[i]) / 2e-5;
      assertThat(Math.abs(h[i] - expected) / Math.max(1, Math.abs(expected)))
          .as("H v [%d]: %s, central difference %s", i, h[i], expected)
          .isLessThan(1e-6);
      slope += g[i] * v[i];
      most = Math.max(most, Math.abs(h[i]));
    }
    assertThat(most).as("a Hessian that is not zero").isGreaterThan(1e-3);
    assertThat(run(program(n, f, "tangent"), x, v)[0])
        .isCloseTo(
            slope, org.assertj.core.data.Offset.offset(1e-12 * Math.max(1, Math.abs(slope))));
  }

  private static double[] moved(double[] x, double[] v, double h) {
    double[] out = x.clone();
    for (int i = 0; i < x.length; i++) {
      out[i] += h * v[i];
    }
    return out;
  }

  private static double[] run(Program p, double[] x, double[] v) {
    Map<String, HostTensor> in = new HashMap<>();
    in.put("x", HostTensor.of(Type.of(F, x.length), x));
    in.put("v", HostTensor.of(Type.of(F, x.length), v));
    return Interpreter.run(p, in, Map.of()).outputs().get("out").toDoubles();
  }

  private static Tensor at(Trace t, Tensor x, int i) {
    return t.reshape(t.slice(x, List.of(i), List.of(1)));
  }

  private static Tensor gather(Trace t, Tensor from, Tensor i) {
    return t.op(new MoveOp.Gather(), from, i);
  }

  @Test
  @DisplayName("13. Hessian-vector products through a counted loop with a branch")
  void throughALoop() {
    check(
        (t, x) -> {
          Control c = new Control(t);
          Tensor w = at(t, x, 1);
          return c
              .forLoop(
                  t.constant(DType.I32, 5),
                  List.of(at(t, x, 0), t.constant(F, 1)),
                  (i, v) ->
                      c.cond(
                          t.less(v.get(0), t.constant(F, 0.5)),
                          () -> List.of(t.add(t.mul(v.get(0), w), 0.4), t.mul(v.get(1), v.get(0))),
                          () ->
                              List.of(
                                  t.apply(Functions.SIN, v.get(0)),
                                  t.add(v.get(1), t.mul(at(t, x, 2), w)))))
              .stream()
              .reduce(t::mul)
              .orElseThrow();
        },
        0.2,
        1.3,
        0.6);
  }

  @Test
  @DisplayName("13. Hessian-vector products through a conditional loop in a loop")
  void throughAConditionalLoop() {
    check(
        (t, x) -> {
          Control c = new Control(t);
          return c.forLoop(
                  t.constant(DType.I32, 2),
                  List.of(at(t, x, 0)),
                  (i, v) -> {
                    Tensor u =
                        c.whileLoop(
                                30,
                                List.of(v.get(0), t.constant(DType.I32, 0)),
                                q -> t.less(q.get(0), t.constant(F, 2)),
                                q ->
                                    List.of(
                                        t.add(
                                            t.mul(q.get(0), at(t, x, 1)),
                                            t.mul(at(t, x, 2), at(t, x, 2))),
                                        t.add(q.get(1), 1)))
                            .get(0);
                    return List.of(t.mul(t.apply(Functions.SIN, u), at(t, x, 1)));
                  })
              .get(0);
        },
        0.3,
        1.4,
        0.5);
  }

  @Test
  @DisplayName("13. Hessian-vector products through a scan")
  void throughAScan() {
    check(
        (t, x) -> {
          Control c = new Control(t);
          Stepped s =
              c.scan(
                  List.of(t.constant(F, 0.1)),
                  List.of(x),
                  (i, v, r) -> {
                    Tensor h =
                        t.apply(Functions.TANH, t.add(t.mul(r.get(0), at(t, x, 0)), v.get(0)));
                    Tensor y =
                        c.cond(
                                t.less(h, t.constant(F, 0.4)),
                                () -> List.of(t.mul(h, h)),
                                () -> List.of(t.mul(h, r.get(0))))
                            .get(0);
                    return new Stepped(List.of(h), List.of(y));
                  });
          return t.add(t.sum(t.mul(s.rows().get(0), x)), s.carried().get(0));
        },
        0.5,
        -0.3,
        0.8,
        0.2);
  }

  @Test
  @DisplayName("13. Hessian-vector products through a tree")
  void throughATree() {
    check(
        (t, x) -> {
          Control c = new Control(t);
          Type row = Type.of(DType.I32, 5);
          Tensor left = new Tensor(t.emit().literal(HostTensor.of(row, 1, 3, -1, -1, -1)));
          Tensor right = new Tensor(t.emit().literal(HostTensor.of(row, 2, -1, 4, -1, -1)));
          Callable f = c.function("tree", false, List.of(INT, INTS, INTS), List.of(Type.of(F)));
          f.define(a ->
              c.cond(
                  t.less(a.get(0), t.constant(DType.I32, 0)),
                  () -> List.of(at(t, x, 1)),
                  () -> {
                    Tensor i = a.get(0);
                    Tensor l = f.call(gather(t, a.get(1), i), a.get(1), a.get(2)).get(0);
                    Tensor r = f.call(gather(t, a.get(2), i), a.get(1), a.get(2)).get(0);
                    Tensor s = t.mul(t.add(l, t.mul(r, at(t, x, 0))), gather(t, x, i));
                    return List.of(t.apply(Functions.SIN, s));
                  }));
          return f.call(t.constant(DType.I32, 0), left, right).get(0);
        },
        0.5,
        0.7,
        -0.4,
        1.1,
        0.9);
  }

  @Test
  void throughABranchWhoseFrameDoesNotMove() {
    check(
        (t, x) -> {
          Control c = new Control(t);
          Tensor k = t.exp(t.constant(F, 0.3));
          return c.forLoop(
                  t.constant(DType.I32, 3),
                  List.of(at(t, x, 0)),
                  (i, v) -> {
                    // What the branch keeps is a constant, the loop's own residuals are not.
                    Tensor s =
                        c.cond(
                                t.less(t.cast(i, F), t.constant(F, 1)),
                                () -> List.of(t.mul(at(t, x, 1), t.exp(k))),
                                () -> List.of(t.mul(at(t, x, 1), k)))
                            .get(0);
                    return List.of(t.mul(t.mul(v.get(0), v.get(0)), s));
                  })
              .get(0);
        },
        0.7,
        0.9);
  }
}
