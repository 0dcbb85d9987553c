package dev.retrograde.nn.recurrent;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.ShapeException;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.Arrays;

/// Sequences of unequal length in one padded batch: what their lengths, `i32 [batch]`, hide.
/// Lengths above the batch's time hide nothing, lengths below 1 everything.
public final class Lengths {
  private Lengths() {}

  /// `[batch, time]`, true before each sequence's end.
  public static Tensor within(Trace t, Tensor lengths, int time) {
    int batch = check(t, lengths, lengths.rank() == 1 ? lengths.dim(0) : -1);
    Tensor step = t.op(new MoveOp.Iota(Type.of(DType.I32, batch, time), 1));
    return t.less(step, t.reshape(lengths, batch, 1));
  }

  /// `x: [batch, time, ...]` with zeros past each sequence's end. Numbers there, NaN too, do not
  /// show, and get no gradient.
  public static Tensor mask(Trace t, Tensor x, Tensor lengths) {
    if (x.rank() < 2) {
      throw new ShapeException(
          "length mask '"
              + t.path()
              + "': expected [batch, time, ...], found "
              + x.type()
              + "\n  Give it the sequences before anything sums over time.");
    }
    check(t, lengths, x.dim(0));
    int[] dims = new int[x.rank()];
    Arrays.fill(dims, 1);
    dims[0] = x.dim(0);
    dims[1] = x.dim(1);
    Tensor within = t.reshape(within(t, lengths, x.dim(1)), dims);
    return t.select(within, x, t.constant(x.dtype(), 0));
  }

  /// The mean over the steps of each sequence: `x: [batch, time]` to `[batch]`; 0 for a sequence of
  /// length 0. Lengths must not exceed the batch's time.
  public static Tensor mean(Trace t, Tensor x, Tensor lengths) {
    Tensor sum = t.sum(mask(t, x, lengths), 1);
    Tensor count = t.cast(lengths, x.dtype());
    Tensor one = t.constant(x.dtype(), 1);
    return t.div(sum, t.select(t.less(count, one), one, count));
  }

  static int check(Trace t, Tensor lengths, int batch) {
    if (lengths.dtype() != DType.I32 || lengths.rank() != 1 || lengths.dim(0) != batch) {
      throw new ShapeException(
          "lengths '"
              + t.path()
              + "': expected i32 ["
              + (batch < 0 ? "batch" : batch)
              + "], found "
              + lengths.type()
              + "\n  Give one length a sequence.");
    }
    return batch;
  }
}
