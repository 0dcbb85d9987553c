package dev.retrograde.interp;

import static dev.retrograde.interp.Lowered.F;
import static dev.retrograde.interp.Lowered.SCALAR;
import static dev.retrograde.interp.Lowered.check;
import static dev.retrograde.interp.Lowered.loss;
import static dev.retrograde.interp.Lowered.lowered;
import static dev.retrograde.interp.Lowered.num;
import static dev.retrograde.interp.Lowered.program;
import static dev.retrograde.interp.Lowered.random;
import static dev.retrograde.interp.Lowered.tanh;
import static dev.retrograde.interp.Lowered.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.NoGradientException;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Kept;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Gradients by literal callbacks of programs without loops, against differences and reverse mode.
class CallbackLoweringTest {
  @Test
  @DisplayName("2: x + x^3 has the derivative 1 + 3 x^2")
  void aCubic() {
    Program p =
        program((t, c) -> {
          Tensor x = t.input("x", SCALAR);
          return t.add(x, t.mul(x, t.mul(x, x)));
        });
    CallbackLowering.Result r = check("cubic", p, Map.of("x", num(1.5)));
    assertThat(r.gradients().get("x").get(0)).isCloseTo(7.75, within(1e-12));
    assertThat(r.callbacks()).isEqualTo(p.nodes().size());
  }

  @Test
  void straightLinesAgreeWithReverseMode() {
    Program both =
        Trace.program(
            "net",
            true,
            t -> {
              Tensor x = t.input("x", Type.of(F, 3, 4));
              Tensor w = t.state("w", Role.PARAMETER, Type.of(F, 4, 5), new Init.Fill(0));
              Tensor b = t.state("b", Role.PARAMETER, Type.of(F, 5), new Init.Fill(0));
              Tensor h = tanh(t, t.add(t.matmul(x, w), b));
              Tensor loss = t.mean(t.mul(h, t.sub(h, t.stopGradient(h))), 0, 1);
              Tensor sum = t.add(loss, t.sum(t.exp(t.mul(b, 0.1)), 0));
              t.output("loss", sum);
              Map<String, Value> g =
                  Reverse.gradients(
                      t.emit(),
                      t.nodes(),
                      sum.value(),
                      Map.of("w", w.value(), "b", b.value(), "x", x.value()));
              g.forEach((name, v) -> t.output("d" + name, new Tensor(v)));
            });
    Map<String, HostTensor> in =
        Map.of("x", random(1, 3, 4), "w", random(2, 4, 5), "b", random(3, 5));
    CallbackLowering.Result r = lowered(both, in);
    in.keySet()
        .forEach(name ->
            assertThat(r.gradients().get(name).toDoubles())
                .as(name)
                .usingComparatorWithPrecision(1e-12)
                .containsExactly(r.outputs().get("d" + name).toDoubles()));
  }

  @Test
  @DisplayName("11: a node that throws leaves the next run as it was")
  void aFailureLeavesNothingBehind() {
    boolean[] fails = new boolean[1];
    ControlOp.Callback box =
        x -> {
          if (fails[0]) {
            throw new IllegalStateException("box");
          }
          return new HostTensor[] {x[0].copy()};
        };
    Program p =
        Trace.program(
            "p",
            true,
            t -> {
              Control c = new Control(t);
              Tensor x = t.input("x", SCALAR);
              Tensor y =
                  c.forLoop(
                          t.constant(DType.I32, 3),
                          List.of(x),
                          (i, v) -> {
                            Tensor seen =
                                c.foreign(
                                        "box",
                                        false,
                                        List.of(SCALAR),
                                        box,
                                        t.stopGradient(v.get(0)))
                                    .get(0);
                            return List.of(t.mul(t.exp(t.mul(v.get(0), 0.1)), seen));
                          })
                      .get(0);
              t.output("loss", y);
            });
    CallbackLowering lowering = CallbackLowering.of(p);
    Map<String, HostTensor> in = Map.of("x", num(0.7));
    HostTensor fresh = lowered(lowering, p, in).gradients().get("x");
    for (int i = 0; i < 5; i++) {
      fails[0] = true;
      assertThatThrownBy(() -> lowered(lowering, p, in)).hasMessage("box");
      fails[0] = false;
      assertThat(lowered(lowering, p, in).gradients().get("x").sameBits(fresh)).isTrue();
    }
  }

  @Test
  void aRegionUsesItsOwnRule() {
    Program p =
        program((t, c) -> {
          Tensor x = t.input("x", Type.of(F, 3));
          Tensor y =
              c.region(
                      "scaled",
                      List.of(x),
                      a -> Kept.of(List.of(t.mul(a.get(0), a.get(0))), List.of(a.get(0))),
                      (kept, dy) -> List.of(t.mul(t.mul(dy.get(0), kept.get(0)), 10)))
                  .get(0);
          return t.sum(t.mul(y, 2), 0);
        });
    CallbackLowering.Result r = lowered(p, Map.of("x", HostTensor.of(Type.of(F, 3), 1, -2, 3)));
    assertThat(r.gradients().get("x").toDoubles()).containsExactly(20, -40, 60);

    Program captured =
        program((t, c) -> {
          Tensor x = t.input("x", SCALAR);
          Tensor w = t.input("w", SCALAR);
          return c.region(
                  "leaky",
                  List.of(x),
                  a -> Kept.of(List.of(t.mul(a.get(0), w)), List.of()),
                  (kept, dy) -> dy)
              .get(0);
        });
    assertThatThrownBy(() -> lowered(captured, Map.of("x", num(1), "w", num(2))))
        .isInstanceOf(NoGradientException.class)
        .hasMessageContaining("region 'leaky'")
        .hasMessageContaining("without taking it as an argument");
  }

  @Test
  void gradientsStopWhereTheProgramSays() {
    Program p =
        program((t, c) -> {
          Tensor x = t.input("x", SCALAR);
          return t.add(t.mul(t.stopGradient(x), x), t.stopGradient(t.exp(x)));
        });
    assertThat(lowered(p, Map.of("x", num(3))).gradients().get("x").get(0)).isEqualTo(3);
  }

  @Test
  void whatIsMissingIsNamed() {
    Program p = program((t, c) -> t.input("x", SCALAR));
    assertThatThrownBy(() -> CallbackLowering.of(p).run(Map.of(), Map.of(), "loss", Set.of("x")))
        .hasMessageContaining("'x' (f64[]) is missing");
    assertThatThrownBy(
            () -> CallbackLowering.of(p).run(Map.of("x", whole(1)), Map.of(), "loss", Set.of("x")))
        .hasMessageContaining("'x' must be f64[], found i32[]");
    assertThatThrownBy(
            () -> CallbackLowering.of(p).run(Map.of("x", num(1)), Map.of(), "loss", Set.of("y")))
        .hasMessageContaining("no input and no state entry 'y', there are [x]");
    Program vector = program((t, c) -> t.input("x", Type.of(F, 2)));
    assertThatThrownBy(() ->
            CallbackLowering.of(vector)
                .run(Map.of("x", random(1, 2)), Map.of(), "loss", Set.of("x")))
        .hasMessageContaining("output 'loss' is f64[2]; take its mean or sum");
  }

  @Test
  void backwardPassesAreRefused() {
    Program p =
        program((t, c) -> {
          Tensor x = t.input("x", SCALAR);
          return t.ops(new FrameOp.Unpack(List.of(SCALAR)), t.op(new FrameOp.Pack(), x)).get(0);
        });
    assertThatThrownBy(() -> lowered(p, Map.of("x", num(1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Pack '")
        .hasMessageContaining("belongs to a backward pass; give the program as it was traced");
  }
}
