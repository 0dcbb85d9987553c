package dev.retrograde.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.callback.Callbacks.Program;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// How deep callbacks go, what a run says when the stack ends, and where runs may happen.
class DepthTest {
  private static final int NODES = 100_000;

  /// A tree that is a chain of left children: each node shrinks what comes from below.
  private static Program chain() {
    int[] left = new int[NODES];
    int[] right = new int[NODES];
    Arrays.setAll(left, i -> i + 1 < NODES ? i + 1 : -1);
    Arrays.fill(right, -1);
    return (op, p, k) ->
        new Flow(op)
            .<Var>treeFold(left, right, p.get(0), (l, r, i, own) -> op.scale(1 + 1e-6, l, own), k);
  }

  @Test
  @DisplayName("10: a chain of 100,000 nodes ends in a clear error on the default stack")
  void theStackEndsClearly() {
    assertThatThrownBy(() -> Callbacks.grad(chain(), Array.scalar(1)))
        .isInstanceOfSatisfying(
            DepthException.class, e -> assertThat(e.depth()).isBetween(1L, 1_000_000L))
        .hasMessageContaining("the thread's stack ended with")
        .hasMessageContaining("Callbacks.onStack(MiB, ...)")
        .hasCauseInstanceOf(StackOverflowError.class);
    Program loop =
        (op, p, k) ->
            new Flow(op).forLoop(5_000_000, p.get(0), (i, x, next) -> op.scale(1, x, next), k);
    assertThatThrownBy(() -> Callbacks.onStack(2, () -> Callbacks.grad(loop, Array.scalar(1))))
        .isInstanceOfSatisfying(
            DepthException.class, e -> assertThat(e.depth()).isGreaterThan(100));
  }

  @Test
  @DisplayName("10: the same chain runs on a larger stack")
  void aLargerStackCarriesIt() {
    Gradients g = Callbacks.onStack(1024, () -> Callbacks.grad(chain(), Array.scalar(2)));
    assertThat(g.gradient(0).item()).isCloseTo(Math.pow(1 + 1e-6, NODES), within(1e-9));
    assertThat(g.counters().ops()).isEqualTo(NODES);
    assertThat(g.counters().depth()).isGreaterThan(NODES);
  }

  @Test
  void whatATaskThrowsReachesTheCaller() {
    assertThatThrownBy(() ->
            Callbacks.onStack(
                1,
                () -> {
                  throw new IllegalArgumentException("no");
                }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no");
    assertThatThrownBy(() -> Callbacks.onStack(0, () -> 1))
        .hasMessageContaining("expected 1 to 2047");
  }

  @Test
  @DisplayName("11: a run that fails leaves the next one as it was")
  void aFailureLeavesNothingBehind() {
    List<Array> at = List.of(Differences.random(1, 4, 4), Differences.random(2, 4));
    Program net = (op, p, k) -> op.matvec(p.get(0), p.get(1), y -> op.square(y, z -> op.sum(z, k)));
    Gradients fresh = Callbacks.standard().gradients(net, at);
    for (int i = 0; i < 100; i++) {
      int stop = i % 3;
      assertThatThrownBy(() ->
              Callbacks.standard()
                  .gradients(
                      (op, p, k) ->
                          op.matvec(
                              p.get(0),
                              p.get(1),
                              y -> {
                                if (stop == 0) {
                                  throw new IllegalStateException("stop");
                                }
                                op.square(
                                    y,
                                    z -> {
                                      if (stop == 1) {
                                        throw new IllegalStateException("stop");
                                      }
                                      op.sum(z, k);
                                      throw new IllegalStateException("stop");
                                    });
                              }),
                      at))
          .hasMessage("stop");
      Gradients again = Callbacks.standard().gradients(net, at);
      assertThat(again.gradient(0).values()).containsExactly(fresh.gradient(0).values());
      assertThat(again.gradient(1).values()).containsExactly(fresh.gradient(1).values());
    }
  }
}
