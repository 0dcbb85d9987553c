package dev.retrograde.nn.recurrent;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.ShapeException;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.List;

/// Connectionist temporal classification (Graves et al., "Connectionist temporal classification:
/// labelling unsegmented sequence data with recurrent neural networks", ICML 2006): less the
/// logarithm of the probability that the frames spell the label, summed over all ways to repeat
/// labels and to put blanks between. Class 0 is the blank.
///
/// The forward variable of equation 6 walks over the frames in logarithms; its gradient is that of
/// the walk, which agrees with equation 15. Departs from the paper in the logarithms, instead of
/// rescaling, and in labels and frames of unequal length in one batch.
///
/// What cannot be is a number below -1e29 inside rather than minus infinity, so that no difference
/// of infinities comes up. A label that its frames cannot spell has an infinite loss and a gradient
/// of 0.
///
/// @param unrolled whether every frame is traced, instead of a scan
public record CtcLoss(boolean unrolled) {
  private static final double IMPOSSIBLE = -1e30;
  private static final double POSSIBLE = -1e29;

  /// As a scan over the frames.
  public CtcLoss() {
    this(false);
  }

  /// @param logits `[batch, time, classes]`
  /// @param frames `i32 [batch]`: how many of the time each sample has
  /// @param labels `i32 [batch, most]` from 1 to `classes - 1`, at least one column; what stands
  ///   past a label's length must be a class, such as 0, and does not matter otherwise
  /// @param labelLengths `i32 [batch]`, from 0 to `most`
  /// @return `[batch]`
  public Tensor perSample(
      Trace t, Tensor logits, Tensor frames, Tensor labels, Tensor labelLengths) {
    check(t, logits, frames, labels, labelLengths);
    int batch = logits.dim(0);
    int time = logits.dim(1);
    int states = 2 * labels.dim(1) + 1;
    Tensor extended = extended(t, labels);
    Tensor same = t.equal(extended, shifted(t, extended, 2, -1));
    Tensor logs = logSoftmax(t, Lengths.mask(t, logits, frames));
    Tensor where = t.broadcast(extended, Type.of(DType.I32, time, batch, states).extents());
    Tensor emitted = t.op(new OrderOp.Take(), t.transpose(logs, 1, 0, 2), where);
    Tensor start = start(t, logits.dtype(), batch, states);
    Tensor end =
        new TimeLoop(unrolled)
            .run(
                t,
                false,
                List.of(start),
                List.of(emitted),
                (i, before, rows) -> {
                  Tensor after = t.add(moved(t, before.get(0), same), rows.get(0));
                  Tensor alive = t.reshape(t.less(i, frames), batch, 1);
                  return new Stepped(List.of(t.select(alive, after, before.get(0))), List.of());
                })
            .carried()
            .get(0);
    return lossAt(t, end, labelLengths);
  }

  /// Blanks around and between the labels: `[batch, 2 most + 1]`.
  private static Tensor extended(Trace t, Tensor labels) {
    int batch = labels.dim(0);
    int most = labels.dim(1);
    Tensor pairs =
        t.concat(2, t.zeros(Type.of(DType.I32, batch, most, 1)), t.reshape(labels, batch, most, 1));
    Tensor blank = t.zeros(Type.of(DType.I32, batch, 1));
    return t.concat(1, t.reshape(pairs, batch, 2 * most), blank);
  }

  /// Columns moved by `by` to higher numbers, with `fill` before them.
  private static Tensor shifted(Trace t, Tensor x, int by, double fill) {
    int batch = x.dim(0);
    Tensor kept = t.slice(x, List.of(0, 0), List.of(batch, x.dim(1) - by));
    Type head = Type.of(x.dtype(), batch, by);
    return t.concat(1, t.broadcast(t.constant(x.dtype(), fill), head.extents()), kept);
  }

  /// Everything at the first blank, before the first frame.
  private static Tensor start(Trace t, DType d, int batch, int states) {
    Tensor state = t.op(new MoveOp.Iota(Type.of(DType.I32, batch, states), 1));
    Tensor first = t.equal(state, t.constant(DType.I32, 0));
    return t.select(first, t.constant(d, 0), t.constant(d, IMPOSSIBLE));
  }

  /// From the same state, the one before, and the one before that where it holds another label.
  private static Tensor moved(Trace t, Tensor alpha, Tensor same) {
    Tensor impossible = t.constant(alpha.dtype(), IMPOSSIBLE);
    Tensor skip = t.select(same, impossible, shifted(t, alpha, 2, IMPOSSIBLE));
    return logSum(t, alpha, shifted(t, alpha, 1, IMPOSSIBLE), skip);
  }

  /// The last label or the blank behind it.
  private static Tensor lossAt(Trace t, Tensor alpha, Tensor labelLengths) {
    int batch = alpha.dim(0);
    Tensor length = t.reshape(labelLengths, batch, 1);
    Tensor blank = t.add(length, length);
    Tensor none = t.lessEqual(length, t.constant(DType.I32, 0));
    Tensor label = t.select(none, blank, t.sub(blank, t.constant(DType.I32, 1)));
    Tensor atBlank = t.op(new OrderOp.Take(), alpha, blank);
    Tensor atLabel = t.op(new OrderOp.Take(), alpha, label);
    Tensor impossible = t.constant(alpha.dtype(), IMPOSSIBLE);
    Tensor log = logSum(t, atBlank, t.select(none, impossible, atLabel));
    Tensor infinite = t.constant(alpha.dtype(), Double.POSITIVE_INFINITY);
    Tensor lost = t.less(log, t.constant(alpha.dtype(), POSSIBLE));
    return t.reshape(t.select(lost, infinite, t.neg(log)), batch);
  }

  /// `log(sum(exp))`, shifted by the largest, which carries no gradient since it cancels.
  private static Tensor logSum(Trace t, Tensor... logs) {
    Tensor most = logs[0];
    for (int i = 1; i < logs.length; i++) {
      most = t.apply(Functions.MAXIMUM, most, logs[i]);
    }
    Tensor top = t.stopGradient(most);
    Tensor sum = t.exp(t.sub(logs[0], top));
    for (int i = 1; i < logs.length; i++) {
      sum = t.add(sum, t.exp(t.sub(logs[i], top)));
    }
    return t.add(top, t.log(sum));
  }

  private static Tensor logSoftmax(Trace t, Tensor logits) {
    int batch = logits.dim(0);
    int time = logits.dim(1);
    Tensor top = t.stopGradient(t.reshape(t.max(logits, 2), batch, time, 1));
    Tensor centred = t.sub(logits, top);
    return t.sub(centred, t.reshape(t.log(t.sum(t.exp(centred), 2)), batch, time, 1));
  }

  private static void check(
      Trace t, Tensor logits, Tensor frames, Tensor labels, Tensor labelLengths) {
    List<String> wrong = new ArrayList<>();
    if (logits.rank() != 3 || !logits.dtype().isFloat()) {
      wrong.add("logits [batch, time, classes], found " + logits.type());
    } else if (labels.rank() != 2
        || labels.dtype() != DType.I32
        || labels.dim(0) != logits.dim(0)
        || labels.dim(1) < 1) {
      wrong.add("labels i32 [" + logits.dim(0) + ", at least 1], found " + labels.type());
    }
    if (!wrong.isEmpty()) {
      throw new ShapeException(
          "ctc '"
              + t.path()
              + "': expected "
              + wrong.get(0)
              + "\n  Pad labels to one length and give their lengths.");
    }
    Lengths.check(t, frames, logits.dim(0));
    Lengths.check(t, labelLengths, logits.dim(0));
  }
}
