package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;

/// Cuts a scan into a scan over segments whose body scans the rows of one: kept for backward are
/// the carried values at the cuts, and a segment is run again before it is gone back through. With
/// segments of about the square root of the rows, memory falls from rows to twice their root, for
/// one more forward pass (Chen et al., "Training deep nets with sublinear memory cost", 2016).
///
/// The number of segments is the largest divisor of the number of rows that is not above the one
/// asked for, so rows of a prime number stay in one piece. Scans of run-time size, in blocks, or
/// with ordered effects are left alone.
final class Segments {
  private Segments() {}

  /// The nodes with scans cut.
  static List<Node> cut(Context c, Emit e, List<Node> nodes) {
    int most = c.options().segments();
    for (Node n : most == 1 ? List.<Node>of() : nodes) {
      if (n.op() instanceof ControlOp.Scan s
          && s.trips() instanceof Extent.Static trips
          && n.pure()) {
        int segments = segments(trips.n(), most);
        if (segments > 1) {
          cut(c, e, n, s, segments, trips.n() / segments);
        }
      }
    }
    return e.current(nodes);
  }

  private static int segments(int rows, int most) {
    for (int k = Math.min(rows, most); k > 1; k--) {
      if (rows % k == 0) {
        return k;
      }
    }
    return 1;
  }

  private static void cut(Context c, Emit e, Node n, ControlOp.Scan s, int segments, int length) {
    Emit around = e.nested();
    around.origin(n.origin());
    Block body = n.blocks().get(0);
    int carried = s.carried();
    List<Value> operands = new ArrayList<>(n.operands().subList(0, carried));
    for (Value x : n.operands().subList(carried, n.operands().size())) {
      Type row = x.type().without(List.of(0));
      operands.add(around.reshape(x, whole(row, segments, length).extents()));
    }
    List<Value> results = new ArrayList<>(n.results().subList(0, carried));
    List<Node> after = new ArrayList<>();
    for (Value y : n.results().subList(carried, n.results().size())) {
      Type row = y.type().without(List.of(0));
      Value cut = e.parameter(whole(row, segments, length));
      results.add(cut);
      after.add(
          new Node(
              new MoveOp.Reshape(y.type().extents()),
              List.of(cut),
              List.of(y),
              List.of(),
              n.origin()));
    }
    Node outer =
        new Node(
            new ControlOp.Scan(Extent.of(segments), carried, s.reverse()),
            operands,
            results,
            List.of(segment(around, n, s, body, length)),
            n.origin());
    List<Node> by = new ArrayList<>(around.nodes());
    by.add(outer);
    by.addAll(after);
    c.runAgain(outer);
    e.replace(n, by);
  }

  private static Type whole(Type row, int segments, int length) {
    List<Extent> out = new ArrayList<>(List.of(Extent.of(segments), Extent.of(length)));
    out.addAll(row.extents());
    return row.with(out);
  }

  /// One segment: a scan of `length` rows, whose numbers go on from segment to segment.
  private static Block segment(Emit around, Node n, ControlOp.Scan s, Block body, int length) {
    Emit e = around.nested();
    Value k = e.parameter(Type.of(DType.I32));
    List<Value> params = new ArrayList<>(List.of(k));
    for (int i = 0; i < n.operands().size(); i++) {
      Type t = n.operand(i).type();
      if (i >= s.carried()) {
        List<Extent> rows = new ArrayList<>(List.of(Extent.of(length)));
        rows.addAll(t.extents().subList(1, t.rank()));
        t = t.with(rows);
      }
      params.add(e.parameter(t));
    }
    Emit inner = e.nested();
    Value j = inner.parameter(Type.of(DType.I32));
    Cloner c = new Cloner(inner);
    c.put(body.params().get(0), inner.plus(inner.times(k, inner.scalar(DType.I32, length)), j));
    List<Value> own = new ArrayList<>(List.of(j));
    for (Value p : body.params().subList(1, body.params().size())) {
      own.add(inner.parameter(p.type()));
      c.put(p, own.getLast());
    }
    body.nodes().forEach(c::node);
    Block rows = new Block(own, inner.nodes(), c.of(body.results()));
    List<Value> out =
        e.addAll(
            new ControlOp.Scan(Extent.of(length), s.carried(), s.reverse()),
            params.subList(1, params.size()),
            List.of(rows));
    return new Block(params, e.nodes(), out);
  }
}
