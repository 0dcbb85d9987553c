package dev.retrograde.pass.ragged;

import dev.retrograde.ir.BitOp;
import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.KernelOp;
import dev.retrograde.ir.LinalgOp;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.RandomOp;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.RowOp;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.WindowOp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Rewrites the nodes of a program or of one block. Values of static size keep their identity where
/// their node stays as it is.
final class Rewriter {
  private final Emit e;
  private final Map<Value, Value> renamed;
  private final Counts counts;
  private final Masks masks;

  Rewriter(Emit e, Map<Value, Value> renamed, Counts counts) {
    this.e = e;
    this.renamed = renamed;
    this.counts = counts;
    this.masks = new Masks(e, this::now);
  }

  /// What stands for a value.
  Value now(Value v) {
    return renamed.getOrDefault(v, v);
  }

  private List<Value> now(List<Value> values) {
    return values.stream().map(this::now).toList();
  }

  /// A parameter at its capacity.
  Value parameter(Value v) {
    Value p = v.type().ragged() ? e.parameter(Masks.whole(v.type())) : v;
    renamed.put(v, p);
    return p;
  }

  /// Notes how many rows of a value are read.
  void note(Value v) {
    if (v.type().rank() > 0 && v.type().extents().get(0) instanceof Extent.Ragged r) {
      counts.put(now(v), now(r.count()), Counts.Tail.UNREAD);
    }
  }

  void nodes(List<Node> nodes) {
    nodes.forEach(this::node);
  }

  private void node(Node n) {
    e.origin(n.origin());
    if (!ragged(n)) {
      List<Block> blocks = n.blocks().stream().map(this::block).toList();
      e.nodes().add(new Node(n.op(), now(n.operands()), n.results(), blocks, n.origin()));
      return;
    }
    List<Value> made = rewritten(n);
    for (int i = 0; i < made.size(); i++) {
      renamed.put(n.results().get(i), made.get(i));
    }
    n.results().forEach(this::note);
  }

  /// Whether a node itself names a run-time size; its blocks aside.
  private static boolean ragged(Node n) {
    return n.operands().stream().anyMatch(v -> v.type().ragged())
        || n.results().stream().anyMatch(v -> v.type().ragged())
        || (n.op() instanceof ControlOp.Scan s && s.trips() instanceof Extent.Ragged);
  }

  private List<Value> rewritten(Node n) {
    List<Value> in = now(n.operands());
    Rules rules = new Rules(e, masks, counts, n, in);
    return switch (n.op()) {
      case MapOp op -> rules.map(op);
      case ReduceOp op -> rules.reduce(op);
      case MoveOp op -> rules.move(op);
      case LinearOp op -> rules.linear(op);
      case WindowOp op -> rules.window(op);
      case OrderOp op -> rules.order(op);
      case LinalgOp op -> rules.linalg(op);
      case BitOp op -> rules.bits(op);
      case RandomOp op -> rules.random(op);
      case FrameOp op -> frame(op, in);
      case RowOp op ->
          switch (op) {
            case RowOp.SetRows s -> List.of(rows(s, n, in));
          };
      case TreeOp _ -> throw new AssertionError(n + " was to be written as a loop");
      case KernelOp _ -> throw new AssertionError(n + " was to be written as its reference form");
      case ControlOp op -> control(op, n, in);
    };
  }

  private List<Value> frame(FrameOp op, List<Value> in) {
    Op whole =
        switch (op) {
          case FrameOp.Pack p -> p;
          case FrameOp.Unpack u ->
              new FrameOp.Unpack(u.types().stream().map(Masks::whole).toList());
        };
    return e.addAll(whole, in, List.of());
  }

  private Value rows(RowOp.SetRows op, Node n, List<Value> in) {
    Value count = masks.count(n.operand(2).type(), 0);
    if (count == null) {
      return e.add(op, in.get(0), in.get(1), in.get(2));
    }
    if (in.get(0).type().dim(0) == 0 || in.get(2).type().dim(0) == 0) {
      return in.get(0);
    }
    List<Value> whole = Rules.lastRepeated(e, counts, in.get(0), in.get(1), in.get(2), count);
    return e.add(op, in.get(0), whole.get(0), whole.get(1));
  }

  /// Rows and positions of an update of some rows of a state entry, all of them meant.
  ///
  /// @param at positions as they were
  List<Value> update(Value table, Value rows, Value at) {
    Value count = masks.count(at.type(), 0);
    if (count == null || table.type().dim(0) == 0 || at.type().dim(0) == 0) {
      return List.of(now(rows), now(at));
    }
    return Rules.lastRepeated(e, counts, table, now(rows), now(at), count);
  }

  private List<Value> control(ControlOp op, Node n, List<Value> in) {
    List<Block> blocks = n.blocks().stream().map(this::block).toList();
    return switch (op) {
      case ControlOp.If _, ControlOp.For _, ControlOp.While _, ControlOp.Region _ ->
          e.addAll(op, in, blocks);
      case ControlOp.Scan s -> scan(s, n, in, blocks);
      case ControlOp.Call c -> {
        List<Type> types = c.types().stream().map(Masks::whole).toList();
        yield e.addAll(new ControlOp.Call(c.function(), c.ordered(), types), in, blocks);
      }
      case ControlOp.Foreign f -> {
        Boxes box =
            new Boxes(
                f,
                n.operands().stream().map(Value::type).toList(),
                n.results().stream().map(Value::type).toList());
        List<Value> operands = new ArrayList<>(in);
        operands.addAll(now(box.counts()));
        yield e.addAll(box.whole(), operands, List.of());
      }
      case ControlOp.Closed _ -> throw new AssertionError(n + " is closed already");
    };
  }

  /// A scan keeps its run-time number of trips, over tensors of the capacity.
  private List<Value> scan(ControlOp.Scan s, Node n, List<Value> in, List<Block> blocks) {
    Extent trips =
        switch (s.trips()) {
          case Extent.Static t -> t;
          case Extent.Ragged r -> new Extent.Ragged(r.capacity(), now(r.count()));
        };
    List<Value> results =
        n.results().stream().map(v -> e.parameter(Masks.whole(v.type()))).toList();
    Op op = new ControlOp.Scan(trips, s.carried(), s.reverse());
    e.nodes().add(new Node(op, in, results, blocks, n.origin()));
    return results;
  }

  /// A block over capacities. What it uses of the nodes around it must have been rewritten.
  Block block(Block b) {
    Rewriter inner = new Rewriter(e.nested(), new HashMap<>(renamed), counts);
    List<Value> params = b.params().stream().map(inner::parameter).toList();
    b.params().forEach(inner::note);
    inner.nodes(b.nodes());
    return new Block(params, inner.e.nodes(), inner.now(b.results()));
  }
}
