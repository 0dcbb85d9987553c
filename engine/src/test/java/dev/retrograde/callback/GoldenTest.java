package dev.retrograde.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Programs whose derivatives are known in closed form.
class GoldenTest {
  private static final int[] LEFT = {1, -1, -1};
  private static final int[] RIGHT = {2, -1, -1};
  private static final double[] VALUES = {5, 3, 4};

  @Test
  @DisplayName("2: x + x^3 has the derivative 1 + 3 x^2")
  void aCubic() {
    for (double x : new double[] {-2, 0, 0.5, 3}) {
      Gradients g =
          Callbacks.grad(
              (op, p, k) ->
                  op.mul(p.get(0), p.get(0), y -> op.mul(y, p.get(0), c -> op.add(p.get(0), c, k))),
              Array.scalar(x));
      assertThat(g.loss()).isEqualTo(x + x * x * x);
      assertThat(g.gradient(0).item()).isCloseTo(1 + 3 * x * x, within(1e-12));
    }
  }

  @Test
  @DisplayName("2: a product over a tree of three nodes has the derivative 240 x^3")
  void aTree() {
    double x = 1.3;
    Gradients g =
        Callbacks.grad(
            (op, p, k) ->
                new Flow(op)
                    .<Var>treeFold(
                        LEFT,
                        RIGHT,
                        p.get(0),
                        (l, r, i, own) -> op.mul(l, r, y -> op.scale(VALUES[i], y, own)),
                        k),
            Array.scalar(x));
    assertThat(g.loss()).isCloseTo(60 * Math.pow(x, 4), within(1e-12));
    assertThat(g.gradient(0).item()).isCloseTo(240 * Math.pow(x, 3), within(1e-10));
  }

  @Test
  @DisplayName("2: a factor that every node closes over gets 180 x^4 p^2")
  void aTreeWithAFactor() {
    double x = 1.3;
    double factor = 0.7;
    Callbacks.Program f =
        (op, p, k) ->
            new Flow(op)
                .<Var>treeFold(
                    LEFT,
                    RIGHT,
                    p.get(0),
                    (l, r, i, own) ->
                        Expr.of(l).times(r).scale(VALUES[i]).times(p.get(1)).run(op, own),
                    k);
    List<Array> at = List.of(Array.scalar(x), Array.scalar(factor));
    Gradients g = Callbacks.standard().gradients(f, at);
    assertThat(g.gradient(0).item())
        .isCloseTo(240 * Math.pow(x, 3) * Math.pow(factor, 3), within(1e-10));
    assertThat(g.gradient(1).item())
        .isCloseTo(180 * Math.pow(x, 4) * factor * factor, within(1e-10));
    Gradients second =
        Callbacks.standard().hessianVector(f, at, List.of(Array.scalar(1), Array.scalar(0)));
    assertThat(second.hessianVector().get(0).item())
        .isCloseTo(720 * x * x * Math.pow(factor, 3), within(1e-10));
    assertThat(second.hessianVector().get(1).item())
        .isCloseTo(720 * Math.pow(x, 3) * factor * factor, within(1e-10));
  }
}
