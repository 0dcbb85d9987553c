package dev.retrograde.trace;

import dev.retrograde.ir.Extent;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.ReduceOp.Kind;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;

/// Rows that were chosen at run time: their indices (i32), as many as `count` says.
///
/// @param indices `[capacity?count]`
/// @param count i32 scalar
public record Selection(Tensor indices, Tensor count) {
  /// The positions of the true elements of a bool vector, ascending.
  public static Selection compact(Trace t, Tensor mask) {
    Tensor count = t.op(new ReduceOp.Reduce(Kind.SUM, List.of(0)), t.cast(mask, DType.I32));
    Extent n = new Extent.Ragged(mask.dim(0), count.value());
    return new Selection(t.op(new OrderOp.Compact(n), mask), count);
  }

  /// The positions of the largest elements of a vector, largest first; `count` (i32 scalar) says
  /// how many, at most `capacity`.
  public static Selection top(Trace t, Tensor x, int capacity, Tensor count) {
    Extent k = new Extent.Ragged(capacity, count.value());
    return new Selection(t.ops(new OrderOp.TopK(k), x).get(1), count);
  }

  /// The extent that everything chosen by this selection has.
  public Extent extent() {
    return indices.type().extents().get(0);
  }

  /// The chosen rows of `x: [n, r...]`, as `[capacity?count, r...]`.
  public Tensor gather(Trace t, Tensor x) {
    return t.op(new MoveOp.Gather(), x, indices);
  }

  /// `rows: [capacity?count, r...]` put back, added into zeros of `n` rows.
  public Tensor scatter(Trace t, Tensor rows, int n) {
    List<Extent> target = new ArrayList<>(rows.type().extents());
    target.set(0, Extent.of(n));
    return t.op(new MoveOp.ScatterAdd(target), rows, indices);
  }
}
