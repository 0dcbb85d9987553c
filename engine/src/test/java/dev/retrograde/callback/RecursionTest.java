package dev.retrograde.callback;

import static dev.retrograde.callback.Differences.checkGradients;
import static dev.retrograde.callback.Differences.checkHessian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.callback.Callbacks.Program;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Functions that call themselves and each other, folds, and trees.
class RecursionTest {

  /// A count and a value.
  private record Counted(int n, Var x) {}

  @Test
  @DisplayName("4: a recursion as of the factorial")
  void factorial() {
    // f(n) = n = 0 ? x : n x f(n - 1), so f(5) = 120 x^6.
    Program f =
        (op, p, k) ->
            new Flow(op)
                .<Counted, Var>fun(self ->
                    (c, own) -> {
                      if (c.n() == 0) {
                        own.run(c.x());
                      } else {
                        self.run(
                            new Counted(c.n() - 1, c.x()),
                            r -> Expr.of(r).times(c.x()).scale(c.n()).run(op, own));
                      }
                    })
                .run(new Counted(5, p.get(0)), k);
    Gradients g = checkGradients("factorial", f, Array.scalar(0.9));
    assertThat(g.gradient(0).item()).isCloseTo(720 * Math.pow(0.9, 5), within(1e-9));
    checkHessian("factorial", f, 1, Array.scalar(0.9));
  }

  @Test
  @DisplayName("4: functions that call each other")
  void mutual() {
    Program f =
        (op, p, k) -> {
          Flow flow = new Flow(op);
          Flow.Declared<Counted, Var> even = flow.declare("even");
          Flow.Declared<Counted, Var> odd = flow.declare("odd");
          even.define((c, own) -> {
            if (c.n() == 0) {
              op.sigmoid(c.x(), own);
            } else {
              op.mul(c.x(), p.get(1), y -> odd.run(new Counted(c.n() - 1, y), own));
            }
          });
          odd.define((c, own) ->
              op.add(
                  c.x(),
                  p.get(1),
                  y -> even.run(new Counted(c.n() - 1, y), r -> op.mul(r, c.x(), own))));
          even.run(new Counted(6, p.get(0)), k);
        };
    checkGradients("mutual", f, Array.scalar(0.4), Array.scalar(0.8));
    checkHessian("mutual", f, 2, Array.scalar(0.4), Array.scalar(0.8));
  }

  @Test
  @DisplayName("4: a fold from the right")
  void foldRight() {
    Program f =
        (op, p, k) ->
            new Flow(op)
                .foldRight(
                    5,
                    p.get(0),
                    (i, t, own) ->
                        op.row(
                            p.get(1),
                            i,
                            w -> Expr.of(w).times(t).shift(0.1 * i).tanh().run(op, own)),
                    k);
    Array rows = Differences.random(8, 5);
    checkGradients("fold", f, Array.scalar(0.7), rows);
    checkHessian("fold", f, 4, Array.scalar(0.7), rows);
  }

  /// A random binary tree in which some children are missing.
  private record RandomTree(int[] left, int[] right) {
    static RandomTree of(SplittableRandom random, int nodes, boolean full) {
      int[] left = new int[nodes];
      int[] right = new int[nodes];
      Arrays.fill(left, -1);
      Arrays.fill(right, -1);
      for (int next = 1; next < nodes; next++) {
        int parent = random.nextInt(next);
        if (full) {
          while (left[parent] >= 0) {
            parent = random.nextInt(next);
          }
          if (next + 1 < nodes) {
            left[parent] = next++;
            right[parent] = next;
          }
          continue;
        }
        while (left[parent] >= 0 && right[parent] >= 0) {
          parent = random.nextInt(next);
        }
        boolean first = right[parent] >= 0 || left[parent] < 0 && random.nextBoolean();
        (first ? left : right)[parent] = next;
      }
      return new RandomTree(left, right);
    }
  }

  @Test
  @DisplayName("4: 200 random trees, gradients for inputs, parameters and closed-over values")
  void randomTrees() {
    long seed = 20_26;
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 200; i++) {
      int nodes = 1 + random.nextInt(12);
      RandomTree tree = RandomTree.of(random, nodes, false);
      Array inputs = Differences.random(random.nextLong(), nodes, 2);
      Array weights = Differences.random(random.nextLong(), 2, 2);
      Array missing = Differences.random(random.nextLong(), 2);
      Array factor = Differences.positive(random.nextLong());
      // node: tanh(W (l * r) + input) * factor, with the factor closed over.
      Program f =
          (op, p, k) ->
              new Flow(op)
                  .<Var>treeFold(
                      tree.left,
                      tree.right,
                      p.get(2),
                      (l, r, node, own) ->
                          op.row(
                              p.get(0),
                              node,
                              x ->
                                  Expr.of(l)
                                      .times(r)
                                      .in(p.get(1))
                                      .plus(x)
                                      .tanh()
                                      .times(p.get(3))
                                      .run(op, own)),
                      root -> op.sum(root, k));
      String what = "tree " + i + " of seed " + seed;
      checkGradients(what, f, inputs, weights, missing, factor);
      if (i % 20 == 0) {
        checkHessian(what, f, i, inputs, weights, missing, factor);
      }
    }
  }

  @Test
  @DisplayName("4: trees with a function of their own for leaves, and a loss at every node")
  void leavesAndLosses() {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 10; i++) {
      int inner = random.nextInt(5);
      RandomTree tree = RandomTree.of(random, 2 * inner + 1, true);
      Array words = Differences.random(random.nextLong(), 2 * inner + 1, 3);
      Array w = Differences.random(random.nextLong(), 3, 3);
      Program f =
          (op, p, k) -> {
            Flow flow = new Flow(op);
            flow.<List<Var>>treeFold(
                tree.left,
                tree.right,
                (node, own) ->
                    op.row(
                        p.get(0),
                        node,
                        x -> op.tanh(x, h -> op.sum(h, loss -> own.run(List.of(loss, h))))),
                (l, r, node, own) ->
                    Expr.of(l.get(1))
                        .plus(r.get(1))
                        .in(p.get(1))
                        .sigmoid()
                        .run(
                            op,
                            h ->
                                Expr.of(h)
                                    .square()
                                    .sum()
                                    .plus(l.get(0))
                                    .plus(r.get(0))
                                    .run(op, loss -> own.run(List.of(loss, h)))),
                root -> k.run(root.get(0)));
          };
      checkGradients("full tree " + i, f, words, w);
      checkHessian("full tree " + i, f, i, words, w);
    }
  }

  @Test
  void anEmptyTreeIsItsMissingValue() {
    Program f =
        (op, p, k) ->
            new Flow(op)
                .<Var>treeFold(
                    new int[0], new int[0], p.get(0), (l, r, i, own) -> op.mul(l, r, own), k);
    assertThat(Callbacks.grad(f, Array.scalar(4)).gradient(0).item()).isEqualTo(1);
  }

  private static void refused(int[] left, int[] right, String message) {
    assertThatThrownBy(() ->
            Callbacks.grad(
                (op, p, k) ->
                    new Flow(op)
                        .<Var>treeFold(
                            left, right, p.get(0), (l, r, i, own) -> op.mul(l, r, own), k),
                Array.scalar(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("treeFold (RecursionTest.java:")
        .hasMessageContaining(message);
  }

  @Test
  void arraysThatAreNoTreeAreRefused() {
    refused(new int[] {1, 0}, new int[] {-1, -1}, "child 0 of node 1 is not a node below the root");
    refused(new int[] {3, -1}, new int[] {-1, -1}, "expected 1 to 1, or -1 for none");
    refused(new int[] {1, 2, -1}, new int[] {-1, -1, 2}, "no tree");
    refused(new int[] {1, -1}, new int[] {2}, "2 left and 1 right children");
    assertThatThrownBy(() ->
            Callbacks.grad(
                (op, p, k) ->
                    new Flow(op)
                        .<Var>treeFold(
                            new int[] {1, -1},
                            new int[] {-1, -1},
                            (i, own) -> own.run(p.get(0)),
                            (l, r, i, own) -> op.mul(l, r, own),
                            k),
                Array.scalar(1)))
        .hasMessageContaining("node 0 has one child");
  }
}
