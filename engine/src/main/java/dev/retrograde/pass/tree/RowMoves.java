package dev.retrograde.pass.tree;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.MoveOp.Slice;
import dev.retrograde.ir.MoveOp.Unslice;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.RowOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.pass.tree.RowRules.Argument;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.List;
import java.util.stream.Stream;

/// Movement on rows. Ops with an index of their own for each row work on one long table, in which
/// the tables of the rows lie one after the other.
final class RowMoves {
  private final Emit e;
  private final int width;
  private final RowRules rules;

  RowMoves(Emit e, int width, RowRules rules) {
    this.e = e;
    this.width = width;
    this.rules = rules;
  }

  Value apply(MoveOp op, Node n, List<Argument> in) {
    Extent w = Extent.of(width);
    return switch (op) {
      case MoveOp.Fill f -> throw new AssertionError(n + " does not vary");
      case MoveOp.Literal l -> throw new AssertionError(n + " does not vary");
      case MoveOp.Iota i -> throw new AssertionError(n + " does not vary");
      case MoveOp.Reshape r -> e.reshape(in.get(0).value(), joined(w, r.target()));
      case MoveOp.Transpose t ->
          e.transpose(
              in.get(0).value(),
              RowRules.before(0, RowRules.shifted(t.perm())).toArray(Integer[]::new));
      case MoveOp.Broadcast b ->
          e.broadcast(
              in.get(0).value(),
              joined(w, b.target()),
              RowRules.before(0, RowRules.shifted(b.axes())));
      case Slice s -> slice(s, n, in);
      case Unslice u -> unslice(u, in);
      case MoveOp.Pad p ->
          e.add(
              new MoveOp.Pad(
                  RowRules.before(0, p.low()),
                  RowRules.before(0, p.high()),
                  RowRules.before(0, p.interior()),
                  p.bits()),
              in.get(0).value());
      case MoveOp.Concat c ->
          e.add(
              new MoveOp.Concat(c.axis() + 1), in.stream().map(rules::rows).toArray(Value[]::new));
      case MoveOp.Gather g -> gather(in.get(0), rules.rows(in.get(1)));
      case MoveOp.ScatterAdd s -> scatter(s, rules.rows(in.get(0)), rules.rows(in.get(1)));
    };
  }

  private static List<Extent> joined(Extent first, List<Extent> rest) {
    return Stream.concat(Stream.of(first), rest.stream()).toList();
  }

  private Value gather(Argument table, Value at) {
    if (!table.varies()) {
      return e.add(new MoveOp.Gather(), table.value(), at);
    }
    int rows = table.value().type().dim(1);
    return e.add(new MoveOp.Gather(), flat(table.value(), 2), inFlat(at, rows));
  }

  private Value scatter(MoveOp.ScatterAdd s, Value values, Value at) {
    int rows = s.target().get(0).capacity();
    List<Extent> rest = s.target().subList(1, s.target().size());
    Value flat =
        e.add(
            new MoveOp.ScatterAdd(joined(Extent.of(width * rows), rest)), values, inFlat(at, rows));
    return e.reshape(flat, joined(Extent.of(width), s.target()));
  }

  Value setRows(RowOp.SetRows s, List<Argument> in) {
    Value table = rules.rows(in.get(0));
    Value at = inFlat(rules.rows(in.get(2)), table.type().dim(1));
    Value y = e.add(s, flat(table, 2), flat(rules.rows(in.get(1)), 2), flat(at, 2));
    return e.reshape(y, table.type().extents());
  }

  /// The first axes as one.
  private Value flat(Value v, int axes) {
    Type t = v.type();
    int n = 1;
    for (int a = 0; a < axes; a++) {
      n *= t.dim(a);
    }
    return e.reshape(v, joined(Extent.of(n), t.extents().subList(axes, t.rank())));
  }

  /// Indices `[width, i...]` into a table of `rows` rows each, in the long table. One outside its
  /// table is brought to the nearest row, so that it does not hit the next table.
  private Value inFlat(Value at, int rows) {
    Type t = at.type();
    Value inside = clamped(at, Math.max(0, rows - 1));
    Value lane = e.add(new MoveOp.Iota(t, 0));
    return e.plus(inside, e.times(lane, e.fill(t, rows)));
  }

  private Value clamped(Value at, int most) {
    Value low = e.map(Primitive.MAX, at, e.zeros(at.type()));
    return e.map(Primitive.MIN, low, e.fill(at.type(), most));
  }

  // Slices.

  private Value slice(Slice s, Node n, List<Argument> in) {
    Type t = n.operand(0).type();
    boolean dynamic = in.size() == 2;
    if (!dynamic || !in.get(1).varies()) {
      Slice wide =
          new Slice(
              RowRules.before(0, s.starts()),
              RowRules.before(width, s.sizes()),
              RowRules.before(1, s.strides()));
      Value x = in.get(0).value();
      return dynamic ? e.add(wide, x, withLane(in.get(1).value())) : e.add(wide, x);
    }
    // Axes that are taken whole at the end stay together; the others are one axis of rows.
    int lead = t.rank();
    while (lead > 0 && s.sizes().get(lead - 1) == t.dim(lead - 1)) {
      lead--;
    }
    if (lead == 0) {
      return rules.rows(in.get(0));
    }
    Value at = positions(t, s.sizes(), s.strides(), in.get(1).value(), lead);
    if (!in.get(0).varies()) {
      return e.add(new MoveOp.Gather(), flat(in.get(0).value(), lead), at);
    }
    Value table = flat(in.get(0).value(), lead + 1);
    return e.add(new MoveOp.Gather(), table, inFlat(at, table.type().dim(0) / width));
  }

  private Value withLane(Value starts) {
    return e.add(new MoveOp.Concat(0), e.zeros(Type.of(DType.I32, 1)), starts);
  }

  /// Where each element of slices lies among the first `lead` axes of a `t`, `[width, sizes...]`.
  private Value positions(
      Type t, List<Integer> sizes, List<Integer> strides, Value starts, int lead) {
    List<Integer> dims = RowRules.before(width, sizes.subList(0, lead));
    Type out = Type.of(DType.I32, dims);
    Value sum = e.zeros(out);
    int pitch = 1;
    for (int a = lead - 1; a >= 0; a--) {
      Value start = e.add(new Slice(List.of(0, a), List.of(width, 1), List.of(1, 1)), starts);
      int span = sizes.get(a) == 0 ? 0 : (sizes.get(a) - 1) * strides.get(a) + 1;
      Value from = clamped(e.reshape(start, width), t.dim(a) - span);
      Value along = e.times(e.add(new MoveOp.Iota(out, a + 1)), e.fill(out, strides.get(a)));
      Value at = e.plus(e.broadcast(from, out.extents(), List.of(0)), along);
      sum = e.plus(sum, e.times(at, e.fill(out, pitch)));
      pitch *= t.dim(a);
    }
    return sum;
  }

  private Value unslice(Unslice u, List<Argument> in) {
    if (!in.get(1).varies()) {
      Unslice wide = new Unslice(rules.lifted(u.type()), RowRules.before(1, u.strides()));
      return e.add(wide, in.get(0).value(), withLane(in.get(1).value()));
    }
    Type t = u.type();
    int size = Math.toIntExact(t.size());
    Value at = inFlat(elements(u, rules.rows(in.get(0)), in.get(1).value()), size);
    MoveOp.ScatterAdd add = new MoveOp.ScatterAdd(List.of(Extent.of(width * size)));
    return e.reshape(e.add(add, rules.rows(in.get(0)), at), rules.lifted(t).extents());
  }

  /// The sum over rows of what would be unsliced: all rows into one table.
  Value unsliced(Unslice u, Value rows, Value starts) {
    Type t = u.type();
    MoveOp.ScatterAdd add = new MoveOp.ScatterAdd(List.of(Extent.of(Math.toIntExact(t.size()))));
    return e.reshape(e.add(add, rows, elements(u, rows, starts)), t.extents());
  }

  private Value elements(Unslice u, Value rows, Value starts) {
    List<Integer> sizes = rows.type().dims().subList(1, rows.type().rank());
    return positions(u.type(), sizes, u.strides(), starts, u.type().rank());
  }
}
