package dev.retrograde.interp;

import static dev.retrograde.interp.Lowered.F;
import static dev.retrograde.interp.Lowered.INT;
import static dev.retrograde.interp.Lowered.SCALAR;
import static dev.retrograde.interp.Lowered.check;
import static dev.retrograde.interp.Lowered.element;
import static dev.retrograde.interp.Lowered.lowered;
import static dev.retrograde.interp.Lowered.num;
import static dev.retrograde.interp.Lowered.program;
import static dev.retrograde.interp.Lowered.random;
import static dev.retrograde.interp.Lowered.tanh;
import static dev.retrograde.interp.Lowered.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.callback.DepthException;
import dev.retrograde.ir.Block;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Gradients by literal callbacks through branches, loops and scans, against central differences.
class CallbackLoopsTest {
  private static Program power(boolean counted) {
    return program((t, c) -> {
      Tensor x = t.input("x", SCALAR);
      Tensor n = t.input("n", INT);
      Tensor one = t.constant(F, 1);
      if (counted) {
        return c.forLoop(n, List.of(one), (i, v) -> List.of(t.mul(v.get(0), x))).get(0);
      }
      return c.whileLoop(
              20_000,
              List.of(one, t.constant(DType.I32, 0)),
              v -> t.less(v.get(1), n),
              v -> List.of(t.mul(v.get(0), x), t.add(v.get(1), t.constant(DType.I32, 1))))
          .get(0);
    });
  }

  @Test
  @DisplayName("3: trip counts 0, 1 and 10,000, counted and while")
  void tripCounts() {
    for (boolean counted : new boolean[] {true, false}) {
      for (int n : new int[] {0, 1, 10_000}) {
        double x = 1.0001;
        CallbackLowering.Result r = lowered(power(counted), Map.of("x", num(x), "n", whole(n)));
        double expected = n * Math.pow(x, n - 1);
        assertThat(r.gradients().get("x").get(0))
            .as("%d trips", n)
            .isCloseTo(expected, within(1e-9 * Math.max(1, expected)));
      }
    }
    assertThatThrownBy(() -> lowered(power(false), Map.of("x", num(1), "n", whole(30_000))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("runs more often than its bound of 20000");
  }

  @Test
  @DisplayName("10: the default stack ends in a clear error")
  void theStackEndsClearly() {
    Program p = power(true);
    assertThatThrownBy(() ->
            CallbackLowering.of(p)
                .run(Map.of("x", num(1), "n", whole(1_000_000)), Map.of(), "loss", Set.of("x"), 2))
        .isInstanceOf(DepthException.class)
        .hasMessageContaining("run it on a thread with a larger stack");
  }

  @Test
  @DisplayName("3: halving until |x| <= 1, and Newton's method to a tolerance")
  void dataDependentLoops() {
    Program halve =
        program((t, c) -> {
          Tensor x = t.input("x", SCALAR);
          Tensor y =
              c.whileLoop(
                      100,
                      List.of(x),
                      v -> t.less(t.constant(F, 1), t.abs(v.get(0))),
                      v -> List.of(t.mul(v.get(0), 0.5)))
                  .get(0);
          return t.mul(y, y);
        });
    for (double x : new double[] {0.4, 3.7, -1234.5}) {
      check("halve", halve, Map.of("x", num(x)));
    }
    Program root =
        program((t, c) -> {
          Tensor a = t.input("a", SCALAR);
          return c.whileLoop(
                  100,
                  List.of(t.constant(F, 1)),
                  v -> t.less(t.constant(F, 1e-12), t.abs(t.sub(t.mul(v.get(0), v.get(0)), a))),
                  v -> List.of(t.mul(t.add(v.get(0), t.div(a, v.get(0))), 0.5)))
              .get(0);
        });
    CallbackLowering.Result r = check("Newton", root, Map.of("a", num(7)));
    assertThat(r.gradients().get("a").get(0)).isCloseTo(0.5 / Math.sqrt(7), within(1e-9));
  }

  @Test
  @DisplayName("3: loops under branches in loops")
  void loopsUnderBranchesInLoops() {
    Program p =
        program((t, c) -> {
          Tensor x = t.input("x", SCALAR);
          Tensor w = t.state("w", Role.PARAMETER, SCALAR, new Init.Fill(0));
          return c.forLoop(
                  t.constant(DType.I32, 6),
                  List.of(x),
                  (i, v) ->
                      c.cond(
                          t.less(t.constant(F, 0.5), v.get(0)),
                          () ->
                              c.whileLoop(
                                  50,
                                  v,
                                  y -> t.less(t.constant(F, 0.4), y.get(0)),
                                  y ->
                                      List.of(
                                          t.sub(t.mul(y.get(0), w), t.mul(t.cast(i, F), 0.01)))),
                          () -> List.of(t.exp(t.add(v.get(0), w)))))
              .get(0);
        });
    for (double x : new double[] {-0.8, 0.1, 2.3}) {
      check("nest", p, Map.of("x", num(x), "w", num(0.83)));
    }
  }

  @Test
  @DisplayName("5: the sum of a[i] x^i by a loop")
  void theNumberOfATrip() {
    Program p =
        program((t, c) -> {
          Tensor x = t.input("x", SCALAR);
          Tensor a = t.input("a", Type.of(F, 6));
          return c.forLoop(
                  t.constant(DType.I32, 6),
                  List.of(t.constant(F, 0), t.constant(F, 1)),
                  (i, v) ->
                      List.of(
                          t.add(v.get(0), t.mul(element(t, a, i), v.get(1))), t.mul(v.get(1), x)))
              .get(0);
        });
    CallbackLowering.Result r = check("sum", p, Map.of("x", num(1.1), "a", random(3, 6)));
    for (int i = 0; i < 6; i++) {
      assertThat(r.gradients().get("a").get(i)).isCloseTo(Math.pow(1.1, i), within(1e-12));
    }
  }

  @Test
  void scansBothWaysWithCapturedWeights() {
    for (boolean reverse : new boolean[] {false, true}) {
      Program p =
          program((t, c) -> {
            Tensor xs = t.input("xs", Type.of(F, 4, 1, 3));
            Tensor w = t.state("w", Role.PARAMETER, Type.of(F, 3, 3), new Init.Fill(0));
            Stepped s =
                c.scan(
                    Extent.of(4),
                    reverse,
                    List.of(t.zeros(Type.of(F, 1, 3))),
                    List.of(xs),
                    (i, v, rows) -> {
                      Tensor h = tanh(t, t.add(t.matmul(v.get(0), w), rows.get(0)));
                      return new Stepped(
                          List.of(h), List.of(t.mul(h, t.cast(i, F)), t.sum(h, 0, 1)));
                    });
            Tensor ys = t.sum(t.mul(s.rows().get(0), s.rows().get(0)), 0, 1, 2);
            return t.add(
                t.add(ys, t.sum(s.carried().get(0), 0, 1)), t.sum(t.exp(s.rows().get(1)), 0));
          });
      check("scan", p, Map.of("xs", random(1, 4, 1, 3), "w", random(2, 3, 3)));
    }
  }

  @Test
  void aScanOverARunTimeNumberOfRows() {
    Program p =
        program((t, c) -> {
          Tensor n = t.input("n", INT);
          Tensor xs = t.input("xs", new Type(F, List.of(new Extent.Ragged(5, n.value()))));
          Stepped s =
              c.scan(
                  List.of(t.constant(F, 1)),
                  List.of(xs),
                  (i, v, rows) -> {
                    Tensor y = t.mul(v.get(0), rows.get(0));
                    return new Stepped(List.of(y), List.of(t.exp(y)));
                  });
          return t.add(s.carried().get(0), t.sum(s.rows().get(0), 0));
        });
    check("ragged", p, Map.of("n", whole(3), "xs", random(4, 3)));
    check("empty", p, Map.of("n", whole(0), "xs", HostTensor.zeros(Type.of(F, 0))));
  }

  @Test
  @DisplayName("6: twenty branches in a row run twenty continuations more, not a million")
  void consecutiveBranches() {
    Program p =
        program((t, c) -> {
          Tensor x = t.input("x", SCALAR);
          Tensor y = x;
          for (int i = 0; i < 20; i++) {
            Tensor own = y;
            y =
                c.cond(
                        t.less(t.constant(F, 0), own),
                        () -> List.of(t.add(own, -0.3)),
                        () -> List.of(t.mul(own, -1.1)))
                    .get(0);
          }
          return y;
        });
    CallbackLowering.Result r = check("branches", p, Map.of("x", num(1.05)));
    int inner = p.nodes().stream().mapToInt(n -> longest(n.blocks())).sum();
    assertThat(r.callbacks()).isBetween((long) p.nodes().size(), (long) p.nodes().size() + inner);
  }

  private static int longest(List<Block> blocks) {
    return blocks.stream().mapToInt(b -> b.nodes().size()).max().orElse(0);
  }
}
