package dev.retrograde.callback;

import static dev.retrograde.callback.Differences.checkGradients;
import static dev.retrograde.callback.Differences.checkHessian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.callback.Callbacks.Program;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Loops and branches that depend on data, and the number of a trip.
class FlowTest {

  /// Halves until |x| is at most 1, then squares: quarter of quarters by how often.
  private static final Program HALVE =
      (op, p, k) ->
          new Flow(op)
              .whileLoop(
                  p.get(0),
                  x -> Math.abs(x.item()) > 1,
                  (x, next) -> op.scale(0.5, x, next),
                  x -> op.square(x, k));

  @Test
  @DisplayName("3: halving until |x| <= 1")
  void halving() {
    for (double x : new double[] {0.7, 1.5, -3, 37.3, 1e4}) {
      int trips = Math.max(0, (int) Math.ceil(Math.log(Math.abs(x)) / Math.log(2)));
      Gradients g = Callbacks.grad(HALVE, Array.scalar(x));
      assertThat(g.gradient(0).item())
          .isCloseTo(2 * x * Math.pow(0.25, trips), within(1e-12 * Math.abs(x)));
    }
    checkGradients("halve", HALVE, Array.scalar(37.3));
  }

  /// A step of Newton's method for the square root of p0.
  private static Expr newton(Var y, Var a) {
    return Expr.of(a).over(y).plus(y).scale(0.5);
  }

  @Test
  @DisplayName("3: Newton's method to a tolerance has the derivative of the root")
  void newtonToATolerance() {
    Program root =
        (op, p, k) ->
            new Flow(op)
                .whileLoop(
                    op.constant(1),
                    y -> Math.abs(y.item() * y.item() - p.get(0).item()) > 1e-12,
                    (y, next) -> newton(y, p.get(0)).run(op, next),
                    k);
    for (double a : new double[] {1, 2, 9, 1234.5}) {
      Gradients g = Callbacks.grad(root, Array.scalar(a));
      assertThat(g.loss()).isCloseTo(Math.sqrt(a), within(1e-9));
      assertThat(g.gradient(0).item()).isCloseTo(a == 1 ? 0 : 0.5 / Math.sqrt(a), within(1e-6));
    }
    checkHessian("Newton", root, 3, Array.scalar(5));
  }

  @Test
  @DisplayName("3: trip counts 0, 1 and 10,000")
  void tripCounts() {
    for (int n : new int[] {0, 1, 10_000}) {
      Program power =
          (op, p, k) ->
              new Flow(op).forLoop(n, op.constant(1), (i, x, next) -> op.mul(x, p.get(0), next), k);
      Program whileTrue =
          (op, p, k) ->
              new Flow(op)
                  .<List<Var>>whileLoop(
                      List.of(op.constant(1), op.constant(0)),
                      s -> s.get(1).item() < n,
                      (s, next) ->
                          op.mul(
                              s.get(0),
                              p.get(0),
                              x -> op.shift(s.get(1), 1, c -> next.run(List.of(x, c)))),
                      s -> k.run(s.get(0)));
      double x = 1.0001;
      for (Program f : List.of(power, whileTrue)) {
        Gradients g = Callbacks.onStack(256, () -> Callbacks.grad(f, Array.scalar(x)));
        assertThat(g.loss()).isCloseTo(Math.pow(x, n), within(1e-9));
        double expected = n * Math.pow(x, n - 1);
        assertThat(g.gradient(0).item()).isCloseTo(expected, within(1e-9 * Math.max(1, expected)));
      }
    }
  }

  @Test
  @DisplayName("3: loops under branches in loops")
  void loopsUnderBranchesInLoops() {
    Program f =
        (op, p, k) -> {
          Flow flow = new Flow(op);
          flow.forLoop(
              6,
              p.get(0),
              (i, x, next) ->
                  flow.<Var>cond(
                      x.item() > 0.5,
                      own ->
                          flow.whileLoop(
                              x,
                              y -> y.item() > 0.4,
                              (y, again) -> op.mul(y, p.get(1), s -> op.shift(s, -0.01 * i, again)),
                              own),
                      own ->
                          flow.<Var>cond(
                              i % 2 == 0,
                              inner -> Expr.of(x).plus(p.get(1)).exp().run(op, inner),
                              inner -> op.div(p.get(0), p.get(1), inner),
                              own),
                      next),
              k);
        };
    for (double x : new double[] {-0.8, 0.1, 0.45, 2.3}) {
      checkGradients("nest at " + x, f, Array.scalar(x), Array.scalar(0.83));
      checkHessian("nest at " + x, f, 17, Array.scalar(x), Array.scalar(0.83));
    }
  }

  @Test
  @DisplayName(
      "5: the sum of a[i] x^i by a loop and by a fold has the right gradient for each a[i]")
  void theNumberOfATripIsItsOwn() {
    Array a = Differences.random(5, 7);
    Program loop =
        (op, p, k) ->
            new Flow(op)
                .<List<Var>>forLoop(
                    7,
                    List.of(op.constant(0), op.constant(1)),
                    (i, s, next) ->
                        op.row(
                            p.get(0),
                            i,
                            c ->
                                op.mul(
                                    c,
                                    s.get(1),
                                    term ->
                                        op.add(
                                            s.get(0),
                                            term,
                                            sum ->
                                                op.mul(
                                                    s.get(1),
                                                    p.get(1),
                                                    power -> next.run(List.of(sum, power)))))),
                    s -> k.run(s.get(0)));
    Program fold =
        (op, p, k) ->
            new Flow(op)
                .foldRight(
                    7,
                    op.constant(0),
                    (i, t, own) ->
                        op.row(p.get(0), i, c -> Expr.of(t).times(p.get(1)).plus(c).run(op, own)),
                    k);
    double x = 1.1;
    for (Program f : List.of(loop, fold)) {
      Gradients g = checkGradients("polynomial", f, a, Array.scalar(x));
      for (int i = 0; i < 7; i++) {
        assertThat(g.gradient(0).get(i)).isCloseTo(Math.pow(x, i), within(1e-12));
      }
      checkHessian("polynomial", f, 9, a, Array.scalar(x));
    }
  }

  @Test
  @DisplayName("3: twenty branches in a row run twenty continuations")
  void consecutiveBranches() {
    Program f =
        (op, p, k) -> {
          Flow flow = new Flow(op);
          flow.forLoop(
              20,
              p.get(0),
              (i, x, next) ->
                  flow.<Var>cond(
                      x.item() > 0,
                      own -> op.shift(x, -0.3, own),
                      own -> op.scale(-1.1, x, own),
                      next),
              k);
        };
    Gradients g = checkGradients("branches", f, Array.scalar(1.05));
    assertThat(g.counters().ops()).isEqualTo(20);
    assertThat(g.counters().callbacks()).isEqualTo(60);
  }

  @Test
  @DisplayName("3: a comparison with NaN is false, and the branch taken is the one differentiated")
  void branchingOnNan() {
    Program f =
        (op, p, k) ->
            new Flow(op)
                .<Var>cond(
                    p.get(0).item() > 0,
                    own -> op.square(p.get(1), own),
                    own -> op.scale(3, p.get(1), own),
                    k);
    Gradients g = Callbacks.grad(f, Array.scalar(Double.NaN), Array.scalar(5));
    assertThat(g.gradient(0).item()).isZero();
    assertThat(g.gradient(1).item()).isEqualTo(3);
  }
}
