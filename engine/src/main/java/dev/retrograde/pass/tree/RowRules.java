package dev.retrograde.pass.tree;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.LinalgOp;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// How each op looks on rows: the op on values `[width, r...]` that does to each row what the given
/// one does to one. An op that has no such form is refused by name.
final class RowRules {
  static final String LOOP = "loops are not vectorised; unroll it with a Java loop";

  private final Emit e;
  private final int width;
  private final RowMoves moves;

  RowRules(Emit e, int width) {
    this.e = e;
    this.width = width;
    this.moves = new RowMoves(e, width, this);
  }

  /// An operand: rows, or one value for all of them.
  record Argument(Value value, boolean varies) {}

  /// An op that has no form for many nodes.
  static final class Refused extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private Refused(String message) {
      super(message);
    }
  }

  static Refused refuse(Node n, String because) {
    return new Refused(
        n.op().name()
            + " '"
            + n.origin()
            + "' has no form for many nodes of a tree at once: "
            + because
            + ". Take another op, or the form TreeOp.Form.plain(), which runs node by node");
  }

  RowMoves moves() {
    return moves;
  }

  Type lifted(Type t) {
    List<Extent> e = new ArrayList<>(List.of(Extent.of(width)));
    e.addAll(t.extents());
    return t.with(e);
  }

  Value repeat(Value v) {
    return e.broadcastOver(v, lifted(v.type()).extents(), List.of(0));
  }

  Value rows(Argument a) {
    return a.varies ? a.value : repeat(a.value);
  }

  private Value[] all(List<Argument> in) {
    return in.stream().map(this::rows).toArray(Value[]::new);
  }

  /// Rows chosen by a bool[width].
  Value select(Value condition, Value yes, Value no) {
    return e.select(e.broadcast(condition, yes.type().extents(), List.of(0)), yes, no);
  }

  static List<Integer> shifted(List<Integer> axes) {
    return axes.stream().map(a -> a + 1).toList();
  }

  static List<Integer> before(int first, List<Integer> rest) {
    List<Integer> out = new ArrayList<>(List.of(first));
    out.addAll(rest);
    return out;
  }

  /// Appends the rows of a node's results; at least one argument varies.
  List<Value> apply(Node n, List<Argument> in) {
    return switch (n.op()) {
      case MapOp m -> e.addAll(m, List.of(all(in)), List.of());
      case ReduceOp r -> List.of(e.add(reduction(r), all(in)));
      case MoveOp m -> List.of(moves.apply(m, n, in));
      case LinearOp l -> List.of(product(l, n, in));
      case OrderOp o -> e.addAll(order(o, n), List.of(all(in)), List.of());
      case LinalgOp l -> e.addAll(l, List.of(all(in)), List.of());
      case dev.retrograde.ir.RowOp.SetRows s -> List.of(moves.setRows(s, in));
      case dev.retrograde.ir.WindowOp w -> throw refuse(n, "windows of images are not vectorised");
      case dev.retrograde.ir.BitOp b -> throw refuse(n, "products of bits are not vectorised");
      case dev.retrograde.ir.RandomOp r ->
          throw refuse(n, "its key differs from node to node; draw numbers for all nodes before");
      case dev.retrograde.ir.FrameOp f -> throw refuse(n, "frames are not vectorised");
      case dev.retrograde.ir.TreeOp t -> throw refuse(n, "a tree within a node is not vectorised");
      case dev.retrograde.ir.KernelOp k ->
          throw refuse(n, "a loop nest for one node is not vectorised");
      case dev.retrograde.ir.ControlOp c -> throw new AssertionError(n + " has blocks");
    };
  }

  private static ReduceOp reduction(ReduceOp op) {
    return switch (op) {
      case ReduceOp.Reduce r -> new ReduceOp.Reduce(r.kind(), shifted(r.axes()));
      case ReduceOp.CumulativeSum c ->
          new ReduceOp.CumulativeSum(c.axis() + 1, c.exclusive(), c.reverse());
    };
  }

  /// Ops along the last axis take axes before it as they are.
  private static OrderOp order(OrderOp op, Node n) {
    return switch (op) {
      case OrderOp.TopK t -> t;
      case OrderOp.Sort s -> s;
      case OrderOp.Take t -> t;
      case OrderOp.Untake u -> u;
      case OrderOp.Compact c -> throw refuse(n, "what it gives has another size for each node");
    };
  }

  private Value product(LinearOp op, Node n, List<Argument> in) {
    return switch (op) {
      case Contract c -> contract(c, n, in.get(0), in.get(1));
      case LinearOp.Conv c -> throw refuse(n, "convolutions are not vectorised");
      case LinearOp.ConvDataGrad c -> throw refuse(n, "convolutions are not vectorised");
      case LinearOp.ConvFilterGrad c -> throw refuse(n, "convolutions are not vectorised");
    };
  }

  /// Two factors that vary get a batch axis; one that varies gets a free one.
  private Value contract(Contract c, Node n, Argument l, Argument r) {
    if (l.varies() && r.varies()) {
      return e.add(
          new Contract(
              before(0, shifted(c.leftBatch())),
              before(0, shifted(c.rightBatch())),
              shifted(c.leftContract()),
              shifted(c.rightContract()),
              c.accumulator()),
          l.value(),
          r.value());
    }
    int batch = c.leftBatch().size();
    int left = c.leftFree(n.operand(0).type()).size();
    int right = c.rightFree(n.operand(1).type()).size();
    if (l.varies()) {
      Value y = e.add(lifted(c, true), l.value(), r.value());
      return toFront(y, batch);
    }
    if (batch == 0) {
      // Rows first, as the left factor: [width, right..., left...].
      Contract swapped = lifted(c, false);
      Value y =
          e.add(
              new Contract(
                  List.of(),
                  List.of(),
                  swapped.rightContract(),
                  swapped.leftContract(),
                  c.accumulator()),
              r.value(),
              l.value());
      List<Integer> perm = new ArrayList<>(List.of(0));
      IntStream.range(0, left).forEach(i -> perm.add(1 + right + i));
      IntStream.range(0, right).forEach(i -> perm.add(1 + i));
      return left == 0 || right == 0 ? y : e.transpose(y, perm.toArray(Integer[]::new));
    }
    return toFront(e.add(lifted(c, false), l.value(), r.value()), batch + left);
  }

  private static Contract lifted(Contract c, boolean left) {
    return left
        ? new Contract(
            shifted(c.leftBatch()),
            c.rightBatch(),
            shifted(c.leftContract()),
            c.rightContract(),
            c.accumulator())
        : new Contract(
            c.leftBatch(),
            shifted(c.rightBatch()),
            c.leftContract(),
            shifted(c.rightContract()),
            c.accumulator());
  }

  private Value toFront(Value y, int axis) {
    List<Integer> perm = new ArrayList<>(List.of(axis));
    IntStream.range(0, y.type().rank()).filter(a -> a != axis).forEach(perm::add);
    return e.transpose(y, perm.toArray(Integer[]::new));
  }
}
