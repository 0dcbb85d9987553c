package dev.retrograde.callback;

import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// Losses on logits, written in [Ops] and [Flow]: their gradients and second derivatives follow.
public final class Losses {
  /// Stands for the logarithm of zero, so that no infinity meets another.
  private static final double NEVER = -1e30;

  private final Ops op;

  public Losses(Ops op) {
    this.op = op;
  }

  /// The logarithm of softmax along the last axis.
  public void logSoftmax(Var logits, Cont<Var> k) {
    int last = op.x(logits).rank() - 1;
    if (last < 0) {
      throw Place.fail("a scalar has no classes; expected [..., classes]");
    }
    Array largest = largest(logits.x, last);
    op.sub(
        logits,
        op.constant(largest),
        d ->
            op.exp(
                d,
                e ->
                    op.sum(
                        e,
                        Set.of(last),
                        s ->
                            op.log(
                                s,
                                l ->
                                    op.reshape(
                                        l, largest.shape, column -> op.sub(d, column, k))))));
  }

  /// Softmax along the last axis.
  public void softmax(Var logits, Cont<Var> k) {
    logSoftmax(logits, y -> op.exp(y, k));
  }

  /// The logarithm of the sum of exponentials along axis 0. As in log-softmax the largest element
  /// is taken out first; it has no derivative of its own, since it cancels.
  private void logSum(Var a, Cont<Var> k) {
    Array largest = largest(a.x, 0);
    Array flat = Array.of(Arrays.copyOfRange(largest.shape, 1, largest.rank()), largest.v);
    op.sub(
        a,
        op.constant(largest),
        d ->
            op.exp(
                d,
                e -> op.sum(e, Set.of(0), s -> op.log(s, l -> op.add(l, op.constant(flat), k)))));
  }

  private static Array largest(Array a, int axis) {
    int[] shape = a.shape.clone();
    shape[axis] = 1;
    double[] y = new double[Array.size(shape)];
    Arrays.fill(y, Double.NEGATIVE_INFINITY);
    int[] to = Index.reducing(a.shape, Set.of(axis));
    for (int i = 0; i < to.length; i++) {
      y[to[i]] = Math.max(y[to[i]], a.v[i]);
    }
    return new Array(shape, y, null);
  }

  /// The mean negative log-likelihood of classes.
  ///
  /// @param logProbabilities `[samples, classes]`
  /// @param targets the class of each sample
  public void nll(Var logProbabilities, int[] targets, Cont<Var> k) {
    Array x = op.x(logProbabilities);
    if (x.rank() != 2 || x.dim(0) != targets.length) {
      throw Place.fail(
          "expected [" + targets.length + ", classes] for as many targets, found " + x);
    }
    int classes = x.dim(1);
    int[] index = new int[targets.length];
    for (int i = 0; i < index.length; i++) {
      if (targets[i] < 0 || targets[i] >= classes) {
        throw Place.fail(
            "target " + targets[i] + " of sample " + i + " is not one of " + classes + " classes");
      }
      index[i] = i * classes + targets[i];
    }
    op.gather(
        logProbabilities,
        new int[] {targets.length},
        index,
        y -> op.mean(y, s -> op.scale(-1, s, k)));
  }

  /// Log-softmax, then the mean negative log-likelihood.
  public void crossEntropy(Var logits, int[] targets, Cont<Var> k) {
    logSoftmax(logits, y -> nll(y, targets, k));
  }

  /// Connectionist temporal classification (Graves et al., ICML 2006, equations 6 to 8): the
  /// negative logarithm of the probability of all paths that read as the labels once repeats and
  /// blanks are taken out. Class 0 is the blank.
  ///
  /// The forward recursion runs in log space as a loop of callbacks; the paper's backward variables
  /// are what its cotangents are.
  ///
  /// @param logProbabilities `[time, classes]`, as log-softmax gives
  /// @param labels classes 1 and above
  public void ctc(Var logProbabilities, int[] labels, Cont<Var> k) {
    Array x = op.x(logProbabilities);
    if (x.rank() != 2) {
      throw Place.fail("expected [time, classes], found " + x);
    }
    Lattice paths = Lattice.of(labels, x.dim(0), x.dim(1));
    int s = paths.states().length;
    Flow flow = new Flow(op);
    Var skips = op.constant(paths.skips(NEVER));
    emit(
        logProbabilities,
        paths,
        0,
        e ->
            op.add(
                e,
                op.constant(paths.starts(NEVER)),
                start ->
                    flow.forLoop(
                        x.dim(0) - 1,
                        start,
                        (i, alpha, next) ->
                            reach(
                                alpha,
                                skips,
                                r ->
                                    emit(
                                        logProbabilities,
                                        paths,
                                        i + 1,
                                        now -> op.add(r, now, next))),
                        end ->
                            op.slice(
                                end,
                                0,
                                Math.max(0, s - 2),
                                s,
                                last -> logSum(last, p -> op.scale(-1, p, k))))));
  }

  private void emit(Var logProbabilities, Lattice paths, int time, Cont<Var> k) {
    int[] states = paths.states();
    int[] index = Arrays.stream(states).map(c -> time * logProbabilities.x.dim(1) + c).toArray();
    op.gather(logProbabilities, new int[] {states.length}, index, k);
  }

  /// The logarithm of what reaches each state: from itself, from the one before, and over a blank.
  private void reach(Var alpha, Var skips, Cont<Var> k) {
    int s = alpha.x.size();
    int[] index = new int[3 * s];
    for (int i = 0; i < index.length; i++) {
      index[i] = Math.max(-1, i % s - i / s);
    }
    op.gather(alpha, new int[] {3, s}, index, from -> op.add(from, skips, a -> logSum(a, k)));
  }

  /// The mean of [#ctc] over samples.
  ///
  /// @param logProbabilities `[samples, time, classes]`
  /// @param lengths steps of each sample
  /// @param labels of each sample
  public void ctc(Var logProbabilities, int[] lengths, List<int[]> labels, Cont<Var> k) {
    Array x = op.x(logProbabilities);
    int n = lengths.length;
    if (x.rank() != 3 || x.dim(0) != n || labels.size() != n || n == 0) {
      throw Place.fail(
          "expected ["
              + n
              + ", time, classes] and labels for each sample, found "
              + x
              + " and "
              + labels.size());
    }
    new Flow(op)
        .forLoop(
            n,
            op.constant(0),
            (i, sum, next) ->
                op.row(
                    logProbabilities,
                    i,
                    own ->
                        op.slice(
                            own,
                            0,
                            0,
                            lengths[i],
                            part -> ctc(part, labels.get(i), loss -> op.add(sum, loss, next)))),
            sum -> op.scale(1.0 / n, sum, k));
  }
}
