package dev.retrograde.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.callback.Callbacks.Program;
import dev.retrograde.callback.Vision.Window;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// What operators compute, against plain loops and closed forms; f32; counters; messages.
class MeaningTest {

  /// The values that a program hands to its end.
  private static Array value(Program f, Array... at) {
    List<Array> seen = new ArrayList<>();
    Callbacks.grad(
        (op, p, k) ->
            f.run(
                op,
                p,
                y -> {
                  seen.add(y.x());
                  op.sum(y, k);
                }),
        at);
    return seen.get(0);
  }

  @Test
  @DisplayName("1: convolution is the sum over the window")
  void convolution() {
    Array x = Differences.random(1, 1, 5, 6, 2);
    Array w = Differences.random(2, 3, 3, 2, 2);
    Array y = value((op, p, k) -> new Vision(op).conv2d(p.get(0), p.get(1), 2, 1, k), x, w);
    assertThat(y.shape()).containsExactly(1, 3, 4, 3);
    for (int i = 0; i < y.size(); i++) {
      int o = i % 3;
      int column = i / 3 % 4;
      int row = i / 12;
      double sum = 0;
      for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 2; b++) {
          int r = 2 * row + a - 1;
          int c = 2 * column + b - 1;
          for (int ch = 0; ch < 2 && r >= 0 && r < 5 && c >= 0 && c < 6; ch++) {
            sum += x.get((r * 6 + c) * 2 + ch) * w.get(((o * 3 + a) * 2 + b) * 2 + ch);
          }
        }
      }
      assertThat(y.get(i)).isCloseTo(sum, within(1e-12));
    }
  }

  @Test
  @DisplayName("1: pooling takes maxima and means of windows")
  void pooling() {
    Array x = Array.of(new int[] {1, 2, 3, 1}, 1, -2, 3, -4, 5, -6);
    Array largest =
        value((op, p, k) -> new Vision(op).maxPool(p.get(0), new Window(2, 2, 1, 0), k), x);
    assertThat(largest.values()).containsExactly(5, 5);
    Array below =
        value(
            (op, p, k) -> new Vision(op).maxPool(p.get(0), new Window(2, 2, 2, 1), k),
            Array.of(new int[] {1, 2, 2, 1}, -1, -2, -3, -4));
    assertThat(below.values()).containsExactly(-1, -2, -3, -4);
    Array mean =
        value((op, p, k) -> new Vision(op).avgPool(p.get(0), new Window(2, 2, 1, 0), k), x);
    assertThat(mean.values()).containsExactly(0, 0);
    Array all = value((op, p, k) -> new Vision(op).globalAvgPool(p.get(0), k), x);
    assertThat(all.values()).containsExactly(-0.5);
  }

  @Test
  @DisplayName("1: batch normalisation gives mean beta and variance gamma^2")
  void batchNormalisation() {
    Array y =
        value(
            (op, p, k) ->
                new Vision(op).batchNorm(p.get(0), p.get(1), p.get(2), 0, n -> k.run(n.y())),
            Differences.random(3, 8, 1),
            Array.vector(2),
            Array.vector(5));
    double mean = 0;
    double square = 0;
    for (double v : y.values()) {
      mean += v / 8;
      square += v * v / 8;
    }
    assertThat(mean).isCloseTo(5, within(1e-12));
    assertThat(square - mean * mean).isCloseTo(4, within(1e-10));
  }

  @Test
  @DisplayName("1: softmax bears large logits, and nll is a mean")
  void softmax() {
    Array y =
        value(
            (op, p, k) -> new Losses(op).softmax(p.get(0), k),
            Array.of(new int[] {3}, 1e4, 1e4, -1e4));
    assertThat(y.values()).containsExactly(0.5, 0.5, 0);
    Array loss =
        value(
            (op, p, k) -> new Losses(op).nll(p.get(0), new int[] {1, 0}, k),
            Array.of(new int[] {2, 2}, -1, -2, -3, -4));
    assertThat(loss.item()).isEqualTo(2.5);
  }

  /// The probability of all paths that read as the labels, by trying every path.
  private static double likelihood(Array logits, int[] labels) {
    int time = logits.dim(0);
    int classes = logits.dim(1);
    double sum = 0;
    for (int path = 0; path < Math.pow(classes, time); path++) {
      List<Integer> read = new ArrayList<>();
      double p = 1;
      int before = 0;
      for (int t = 0, rest = path; t < time; t++, rest /= classes) {
        int c = rest % classes;
        double z = 0;
        for (int j = 0; j < classes; j++) {
          z += Math.exp(logits.get(t * classes + j));
        }
        p *= Math.exp(logits.get(t * classes + c)) / z;
        if (c != 0 && c != before) {
          read.add(c);
        }
        before = c;
      }
      if (read.equals(java.util.Arrays.stream(labels).boxed().toList())) {
        sum += p;
      }
    }
    return sum;
  }

  @Test
  @DisplayName("1: CTC is the likelihood of all paths that read as the labels")
  void ctc() {
    Array logits = Differences.random(4, 5, 3);
    for (int[] labels : List.of(new int[0], new int[] {1}, new int[] {2, 1}, new int[] {1, 1, 2})) {
      Array y =
          value(
              (op, p, k) -> {
                Losses l = new Losses(op);
                l.logSoftmax(p.get(0), lp -> l.ctc(lp, labels, k));
              },
              logits);
      assertThat(y.item()).isCloseTo(-Math.log(likelihood(logits, labels)), within(1e-10));
    }
    assertThatThrownBy(() ->
            Callbacks.grad(
                (op, p, k) -> new Losses(op).ctc(p.get(0), new int[] {1, 1, 1}, k),
                Array.zeros(4, 3)))
        .hasMessageContaining("ctc (MeaningTest.java:")
        .hasMessageContaining("3 labels do not fit into 4 steps, expected at least 5");
  }

  @Test
  void singlePrecisionRoundsEveryOperation() {
    Callbacks f32 = Callbacks.standard().inF32();
    List<Array> at = List.of(Differences.random(1, 6, 5), Differences.random(2, 5));
    Program net =
        (op, p, k) ->
            op.matvec(p.get(0), p.get(1), y -> op.tanh(y, z -> op.square(z, q -> op.mean(q, k))));
    Gradients single = f32.gradients(net, at);
    Gradients exact = Callbacks.standard().gradients(net, at);
    assertThat(single.loss()).isNotEqualTo(exact.loss()).isCloseTo(exact.loss(), within(1e-6));
    for (int i = 0; i < 2; i++) {
      double[] found = single.gradient(i).values();
      for (int e = 0; e < found.length; e++) {
        assertThat(found[e]).isEqualTo((float) found[e]);
        assertThat(found[e]).isCloseTo(exact.gradient(i).get(e), within(1e-5));
      }
    }
  }

  @Test
  void constantsCostNoCotangents() {
    Program f =
        (op, p, k) -> op.square(op.constant(3), y -> op.square(y, z -> op.mul(z, p.get(0), k)));
    Gradients g = Callbacks.grad(f, Array.scalar(2));
    assertThat(g.gradient(0).item()).isEqualTo(81);
    assertThat(g.counters()).isEqualTo(new Counters(3, 3, 8, 3));
    Gradients none = Callbacks.grad((op, p, k) -> k.run(op.constant(1)), Array.scalar(2));
    assertThat(none.gradient(0).item()).isZero();
  }

  private static void refused(Program f, String... parts) {
    assertThatThrownBy(() -> Callbacks.grad(f, Array.zeros(2, 3), Array.zeros(4)))
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(parts).contains("MeaningTest.java:"));
  }

  @Test
  void wrongShapesAreNamedWithTheUsersLine() {
    refused(
        (op, p, k) -> op.mul(p.get(0), p.get(1), k),
        "mul (",
        "shapes [2, 3] and [4] do not broadcast: sizes 3 and 4 meet");
    refused(
        (op, p, k) -> op.matvec(p.get(0), p.get(1), k),
        "matvec (",
        "ij,j->i: axis 'j' is 3 and 4 in shapes [2, 3] and [4]");
    refused(
        (op, p, k) -> op.dot(p.get(0), p.get(1), k), "wants 1 axes for 'i', found shape [2, 3]");
    refused((op, p, k) -> op.reshape(p.get(0), new int[] {5}, k), "shape [5] does not hold");
    refused((op, p, k) -> op.row(p.get(0), 2, k), "row (", "no row 2");
    refused((op, p, k) -> op.slice(p.get(0), 1, 2, 4, k), "no part 2 to 4 along axis 1");
    refused(
        (op, p, k) -> op.permute(p.get(0), new int[] {0, 0}, k), "is not an order of the 2 axes");
    refused((op, p, k) -> op.concat(0, List.of(p.get(0), p.get(1)), k), "does not join");
    refused((op, p, k) -> op.exp(p.get(0), k), "expected a single element");
    refused(
        (op, p, k) -> new Losses(op).nll(p.get(0), new int[] {0, 3}, k),
        "nll (",
        "target 3 of sample 1 is not one of 3 classes");
    refused(
        (op, p, k) -> new Vision(op).conv2d(p.get(0), p.get(1), 1, 0, k),
        "conv2d (",
        "expected [n, h, w, c]");
  }
}
