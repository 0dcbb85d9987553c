package dev.retrograde.ir;

import dev.retrograde.ir.MapOp.Derivatives;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writing rows of a table.
public sealed interface RowOp extends Op {

  /// The table `[n, r...]` with the rows `[k, r...]` in place of those at the i32 indices `[k]`.
  /// Where an index comes twice the later row stands. An index outside is an error in the
  /// interpreter and clamped elsewhere.
  ///
  /// A loop that carries a table and writes a few of its rows on each trip is what it is for: the
  /// planner may write them in place.
  record SetRows() implements RowOp {
    @Override
    public List<Type> infer(List<Type> in) {
      if (in.size() != 3
          || in.get(0).rank() < 1
          || in.get(2).rank() != 1
          || in.get(2).dtype() != DType.I32) {
        throw new IllegalArgumentException(
            "expected a table [n, r...], rows [k, r...] and i32 indices [k], found " + in);
      }
      List<Extent> e = new ArrayList<>(in.get(2).extents());
      e.addAll(in.get(0).extents().subList(1, in.get(0).rank()));
      Type rows = in.get(0).with(e);
      if (!in.get(1).equals(rows)) {
        throw new IllegalArgumentException(
            "rows of "
                + in.get(0)
                + " at indices "
                + in.get(2)
                + " are "
                + rows
                + ", found "
                + in.get(1));
      }
      return List.of(in.get(0));
    }

    /// The table's cotangent is zero where rows were written; a row gets its own unless a later one
    /// took its place.
    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(3));
      Value dy = cots.get(0);
      Value at = n.operand(2);
      Type rows = n.operand(1).type();
      if (dy != null && wanted.get(0)) {
        out.set(0, e.add(this, dy, e.zeros(rows), at));
      }
      if (dy != null && wanted.get(1)) {
        Value numbers = e.add(new MoveOp.Iota(at.type(), 0));
        Type table = new Type(DType.I32, List.of(n.operand(0).type().extents().get(0)));
        Value last = e.add(this, e.zeros(table), numbers, at);
        Value stands = e.equal(e.add(new MoveOp.Gather(), last, at), numbers);
        Value all = e.broadcast(stands, rows.extents(), List.of(0));
        out.set(1, e.select(all, e.add(new MoveOp.Gather(), dy, at), e.zeros(rows)));
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      Value table = tangents.get(0);
      Value rows = tangents.get(1);
      if (table == null && rows == null) {
        return Derivatives.none(1);
      }
      return List.of(
          e.add(
              this,
              table == null ? e.zeros(n.operand(0).type()) : table,
              rows == null ? e.zeros(n.operand(1).type()) : rows,
              n.operand(2)));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor y = in.get(0).copy();
      HostTensor at = in.get(2);
      int row = y.dim(0) == 0 ? 0 : y.size() / y.dim(0);
      for (int i = 0; i < at.size(); i++) {
        int to = MoveOp.Moves.row(at, i, y.dim(0));
        for (int k = 0; k < row; k++) {
          y.setBits(to * row + k, in.get(1).bits(i * row + k));
        }
      }
      return List.of(y);
    }
  }
}
