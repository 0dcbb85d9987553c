package dev.retrograde.callback;

import static dev.retrograde.callback.Differences.positive;
import static dev.retrograde.callback.Differences.random;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.retrograde.callback.Vision.Window;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Gradients and Hessian-vector products of every operator against central differences.
@DisplayName("1: every operator against central differences")
class OpsTest {

  /// An operator on parameters.
  private interface Use {
    void run(Ops op, List<Var> p, Cont<Var> k);
  }

  private record Row(String name, Use use, Array... at) {
    DynamicTest test() {
      Callbacks.Program f =
          (op, p, k) ->
              use.run(
                  op,
                  p,
                  y ->
                      op.mul(
                          y, op.constant(random(7, y.x().shape())), weighed -> op.sum(weighed, k)));
      return dynamicTest(
          name,
          () -> {
            Differences.checkGradients(name, f, at);
            Differences.checkHessian(name, f, 11, at);
          });
    }
  }

  private static Row row(String name, Use use, Array... at) {
    return new Row(name, use, at);
  }

  private static Row unary(String name, Unary f, Array at) {
    return row(name, (op, p, k) -> op.map(f, p.get(0), k), at);
  }

  private static Row contraction(String c, Array a, Array b) {
    return row(c, (op, p, k) -> op.contract(Contraction.of(c), p.get(0), p.get(1), k), a, b);
  }

  @TestFactory
  Stream<DynamicTest> elementwise() {
    Array a = random(1, 2, 3);
    Array b = positive(2, 2, 3);
    return Stream.of(
            row("add", (op, p, k) -> op.add(p.get(0), p.get(1), k), a, b),
            row("sub", (op, p, k) -> op.sub(p.get(0), p.get(1), k), a, b),
            row("mul", (op, p, k) -> op.mul(p.get(0), p.get(1), k), a, b),
            row("div", (op, p, k) -> op.div(p.get(0), p.get(1), k), a, b),
            row(
                "add, first broadcast",
                (op, p, k) -> op.add(p.get(0), p.get(1), k),
                random(3, 3),
                b),
            row(
                "sub, second broadcast",
                (op, p, k) -> op.sub(p.get(0), p.get(1), k),
                a,
                random(3, 2, 1)),
            row(
                "mul, both broadcast",
                (op, p, k) -> op.mul(p.get(0), p.get(1), k),
                random(3, 2, 1),
                random(4, 4, 1, 3)),
            row("div, by a scalar", (op, p, k) -> op.div(p.get(0), p.get(1), k), a, positive(5)),
            row("div, of a scalar", (op, p, k) -> op.div(p.get(0), p.get(1), k), random(5), b),
            row("add, repeated operand", (op, p, k) -> op.add(p.get(0), p.get(0), k), a),
            row(
                "sub, repeated operand",
                (op, p, k) -> op.mul(p.get(0), p.get(0), q -> op.sub(q, q, z -> op.add(z, q, k))),
                a),
            row("mul, repeated operand", (op, p, k) -> op.mul(p.get(0), p.get(0), k), a),
            row(
                "div, repeated operand",
                (op, p, k) -> op.mul(p.get(0), p.get(0), q -> op.div(q, p.get(0), k)),
                a),
            row("scale", (op, p, k) -> op.scale(-2.5, p.get(0), k), a),
            row("shift", (op, p, k) -> op.shift(p.get(0), 3, y -> op.square(y, k)), a),
            row(
                "combine",
                (op, p, k) -> op.combine(2, p.get(0), -3, p.get(1), y -> op.square(y, k)),
                a,
                b),
            row(
                "dropout",
                (op, p, k) ->
                    op.square(
                        p.get(0),
                        y -> op.dropout(y, Array.of(new int[] {2, 3}, 1, 0, 1, 1, 1, 0), 0.5, k)),
                a),
            row(
                "lengthMask",
                (op, p, k) ->
                    op.square(
                        p.get(0), y -> new Sequences(op).lengthMask(y, new int[] {2, 0, 3}, k)),
                random(6, 3, 3, 2)),
            unary("exp", Unary.EXP, a),
            unary("log", Unary.LOG, b),
            unary("sqrt", Unary.SQRT, b),
            unary("square", Unary.SQUARE, a),
            unary("tanh", Unary.TANH, a),
            unary("sigmoid", Unary.SIGMOID, a),
            unary("sin", Unary.SIN, a),
            unary("cos", Unary.COS, a),
            unary("relu", Unary.RELU, a),
            unary("abs", Unary.ABS, a),
            unary("hardTanh", Unary.hardTanh(-1, 0.75), a))
        .map(Row::test);
  }

  @TestFactory
  Stream<DynamicTest> sumsOfProducts() {
    return Stream.of(
            contraction("i,i->", random(1, 9), random(2, 9)),
            contraction("i,j->ij", random(1, 3), random(2, 4)),
            contraction("ij,j->i", random(1, 3, 5), random(2, 5)),
            contraction("ij,jk->ik", random(1, 2, 3), random(2, 3, 4)),
            contraction("ij,kj->ik", random(1, 2, 3), random(2, 4, 3)),
            contraction("ji,jk->ik", random(1, 3, 2), random(2, 3, 4)),
            contraction("ji,kj->ki", random(1, 3, 2), random(2, 4, 3)),
            contraction("bij,bjk->bik", random(1, 2, 2, 3), random(2, 2, 3, 2)),
            contraction("ii,i->i", random(1, 3, 3), random(2, 3)),
            contraction("ij,k->k", random(1, 2, 3), random(2, 4)),
            row(
                "matmul, repeated operand",
                (op, p, k) -> op.matmul(p.get(0), p.get(0), k),
                random(1, 3, 3)),
            row("dot, repeated operand", (op, p, k) -> op.dot(p.get(0), p.get(0), k), random(1, 5)),
            row(
                "matvec",
                (op, p, k) -> op.matvec(p.get(0), p.get(1), k),
                random(1, 3, 6),
                random(2, 6)))
        .map(Row::test);
  }

  @TestFactory
  Stream<DynamicTest> movesAndSums() {
    Array a = random(1, 2, 3, 2);
    return Stream.of(
            row(
                "gather, some twice, some not",
                (op, p, k) ->
                    op.square(
                        p.get(0), y -> op.gather(y, new int[] {5}, new int[] {3, -1, 0, 3, 11}, k)),
                a),
            row(
                "reshape",
                (op, p, k) -> op.square(p.get(0), y -> op.reshape(y, new int[] {4, 3}, k)),
                a),
            row(
                "permute",
                (op, p, k) -> op.square(p.get(0), y -> op.permute(y, new int[] {2, 0, 1}, k)),
                a),
            row(
                "transpose",
                (op, p, k) -> op.transpose(p.get(0), y -> op.matmul(y, p.get(0), k)),
                random(2, 2, 3)),
            row("slice", (op, p, k) -> op.square(p.get(0), y -> op.slice(y, 1, 1, 3, k)), a),
            row("row", (op, p, k) -> op.square(p.get(0), y -> op.row(y, 1, k)), a),
            row(
                "windows",
                (op, p, k) -> op.square(p.get(0), y -> new Sequences(op).windows(y, 3, k)),
                random(2, 5, 2)),
            row(
                "concat",
                (op, p, k) ->
                    op.concat(1, List.of(p.get(0), p.get(1), p.get(0)), y -> op.square(y, k)),
                random(2, 2, 1),
                random(3, 2, 3)),
            row("sum", (op, p, k) -> op.square(p.get(0), y -> op.sum(y, k)), a),
            row(
                "sum over axes",
                (op, p, k) -> op.square(p.get(0), y -> op.sum(y, Set.of(0, 2), k)),
                a),
            row("mean", (op, p, k) -> op.square(p.get(0), y -> op.mean(y, k)), a),
            row(
                "mean over an axis",
                (op, p, k) -> op.square(p.get(0), y -> op.mean(y, Set.of(1), k)),
                a))
        .map(Row::test);
  }

  private static Row vision(String name, VisionUse use, Array... at) {
    return row(name, (op, p, k) -> use.run(new Vision(op), p, k), at);
  }

  /// An operator on images.
  private interface VisionUse {
    void run(Vision v, List<Var> p, Cont<Var> k);
  }

  @TestFactory
  Stream<DynamicTest> images() {
    Array image = random(1, 2, 5, 4, 2);
    Array gamma = positive(2, 2);
    Array beta = random(3, 2);
    return Stream.of(
            vision(
                "conv2d",
                (v, p, k) -> v.conv2d(p.get(0), p.get(1), 1, 0, k),
                image,
                random(4, 3, 3, 2, 2)),
            vision(
                "conv2d, stride and pad",
                (v, p, k) -> v.conv2d(p.get(0), p.get(1), 2, 1, k),
                image,
                random(4, 3, 3, 3, 2)),
            row(
                "conv2d with bias",
                (op, p, k) ->
                    new Vision(op).conv2d(p.get(0), p.get(1), 1, 1, y -> op.add(y, p.get(2), k)),
                random(1, 1, 3, 3, 1),
                random(4, 2, 3, 3, 1),
                random(5, 2)),
            vision("maxPool", (v, p, k) -> v.maxPool(p.get(0), new Window(2, 2, 2, 0), k), image),
            vision(
                "maxPool, overlapping, padded",
                (v, p, k) -> v.maxPool(p.get(0), new Window(3, 3, 2, 1), k),
                image),
            vision("avgPool", (v, p, k) -> v.avgPool(p.get(0), new Window(2, 3, 1, 1), k), image),
            vision("globalAvgPool", (v, p, k) -> v.globalAvgPool(p.get(0), k), image),
            vision(
                "batchNorm of images",
                (v, p, k) -> v.batchNorm(p.get(0), p.get(1), p.get(2), 1e-3, n -> k.run(n.y())),
                image,
                gamma,
                beta),
            vision(
                "batchNorm of vectors",
                (v, p, k) -> v.batchNorm(p.get(0), p.get(1), p.get(2), 1e-3, n -> k.run(n.y())),
                random(1, 4, 2),
                gamma,
                beta),
            vision(
                "normalise",
                (v, p, k) -> v.normalise(p.get(0), p.get(1), p.get(2), p.get(2), p.get(1), 1e-3, k),
                random(1, 4, 2),
                beta,
                gamma))
        .map(Row::test);
  }

  private static Row loss(String name, LossUse use, Array... at) {
    return row(name, (op, p, k) -> use.run(new Losses(op), p, k), at);
  }

  /// A loss.
  private interface LossUse {
    void run(Losses l, List<Var> p, Cont<Var> k);
  }

  @TestFactory
  Stream<DynamicTest> losses() {
    Array logits = random(1, 3, 4);
    return Stream.of(
            loss("logSoftmax", (l, p, k) -> l.logSoftmax(p.get(0), k), logits),
            loss("softmax", (l, p, k) -> l.softmax(p.get(0), k), logits),
            loss("softmax of a vector", (l, p, k) -> l.softmax(p.get(0), k), random(1, 5)),
            loss("nll", (l, p, k) -> l.nll(p.get(0), new int[] {0, 3, 3}, k), logits),
            loss(
                "crossEntropy",
                (l, p, k) -> l.crossEntropy(p.get(0), new int[] {2, 0, 1}, k),
                logits),
            loss(
                "ctc",
                (l, p, k) -> l.logSoftmax(p.get(0), y -> l.ctc(y, new int[] {2, 2, 1}, k)),
                random(1, 6, 3)),
            loss(
                "ctc without labels",
                (l, p, k) -> l.logSoftmax(p.get(0), y -> l.ctc(y, new int[0], k)),
                random(1, 3, 3)),
            loss(
                "ctc of a batch",
                (l, p, k) ->
                    l.logSoftmax(
                        p.get(0),
                        y ->
                            l.ctc(
                                y, new int[] {4, 2}, List.of(new int[] {1, 2}, new int[] {2}), k)),
                random(1, 2, 4, 3)))
        .map(Row::test);
  }
}
