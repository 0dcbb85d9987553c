package dev.retrograde.pass;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import dev.retrograde.pass.ragged.Counts;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Closes every control op: what its blocks capture becomes operands, so that later passes see all
/// uses, and each block can be compiled on its own. Constants are not handed in but made again
/// inside, where kernels take them up.
///
/// Functions go on using the program's state and inputs, which are where they are for the whole
/// run. Handles of frames become numbers.
final class Outline {
  private static final Type NUMBER = Type.of(DType.I64);

  private final Emit.Ids ids;
  private final Counts counts;

  /// Nullary nodes that made a value outside of the block at hand.
  private final Map<Value, Node> constants = new HashMap<>();

  private Outline(Emit.Ids ids, Counts counts) {
    this.ids = ids;
    this.counts = counts;
  }

  static boolean controls(Node n) {
    return !n.blocks().isEmpty()
        || n.op() instanceof ControlOp.Call
        || n.op() instanceof ControlOp.Closed
        || n.op() instanceof FrameOp;
  }

  /// @param counts how many rows of values are read; kept up for those in blocks
  static Program run(Program p, Counts counts) {
    if (p.nodes().stream().noneMatch(Outline::controls)) {
      return p;
    }
    Outline o = new Outline(p.emitter().ids(), counts);
    Map<Value, Value> renamed = new HashMap<>();
    List<Node> nodes = o.nodes(p.nodes(), renamed);
    Map<String, Block> functions = new TreeMap<>();
    p.functions().forEach((name, f) -> functions.put(name, o.block(f, new HashMap<>(), List.of())));
    return p.with(nodes, renamed).with(functions);
  }

  private List<Node> nodes(List<Node> nodes, Map<Value, Value> renamed) {
    List<Node> out = new ArrayList<>();
    for (Node n : nodes) {
      List<Value> operands = n.operands().stream().map(v -> of(renamed, v)).toList();
      List<Value> results = n.results().stream().map(v -> number(v, renamed)).toList();
      results.forEach(v -> counts.rename(v, c -> of(renamed, c)));
      if (n.operands().isEmpty() && n.op() instanceof MoveOp) {
        constants.put(n.result(), n);
      }
      if (n.blocks().isEmpty() && !(n.op() instanceof ControlOp.Call)) {
        out.add(new Node(op(n.op()), operands, results, List.of(), n.origin()));
        continue;
      }
      Set<Value> outer = new LinkedHashSet<>();
      n.blocks().forEach(b -> outer.addAll(captured(b)));
      outer.removeIf(constants::containsKey);
      if (n.op() instanceof ControlOp.Scan c && c.trips() instanceof Extent.Ragged r) {
        outer.add(r.count());
      }
      List<Value> captured = List.copyOf(outer);
      List<Block> blocks = n.blocks().stream().map(b -> block(b, renamed, captured)).toList();
      List<Value> all = new ArrayList<>(operands);
      captured.forEach(v -> all.add(of(renamed, v)));
      ControlOp control = trips((ControlOp) op(n.op()), captured, blocks);
      Op closed = new ControlOp.Closed(control, captured.size());
      out.add(new Node(closed, all, results, blocks, n.origin()));
    }
    return out;
  }

  /// A scan over a run-time number of rows names the parameter that hands it in.
  private static ControlOp trips(ControlOp op, List<Value> captured, List<Block> blocks) {
    if (!(op instanceof ControlOp.Scan s && s.trips() instanceof Extent.Ragged r)) {
      return op;
    }
    List<Value> params = blocks.get(0).params();
    Value count = params.get(params.size() - captured.size() + captured.indexOf(r.count()));
    return new ControlOp.Scan(new Extent.Ragged(r.capacity(), count), s.carried(), s.reverse());
  }

  /// The block with these outer values as further parameters.
  private Block block(Block b, Map<Value, Value> outer, List<Value> captured) {
    Map<Value, Value> renamed = new HashMap<>(outer);
    List<Value> params = new ArrayList<>();
    b.params().forEach(v -> params.add(number(v, renamed)));
    List<Node> inner = new ArrayList<>();
    for (Value v : captured(b)) {
      Node constant = constants.get(v);
      if (constant != null) {
        Value copy = new Value(ids.next(), v.type());
        inner.add(new Node(constant.op(), List.of(), List.of(copy), List.of(), constant.origin()));
        renamed.put(v, copy);
      }
    }
    for (Value v : captured) {
      Value p = new Value(ids.next(), of(outer, v).type());
      params.add(p);
      renamed.put(v, p);
    }
    b.params().forEach(v -> counts.rename(v, c -> of(renamed, c)));
    inner.addAll(nodes(b.nodes(), renamed));
    return new Block(params, inner, b.results().stream().map(v -> of(renamed, v)).toList());
  }

  /// Values from outside that a block uses, counts of rows of its own values included.
  private Set<Value> captured(Block b) {
    Set<Value> all = new LinkedHashSet<>(Uses.captured(b));
    all.addAll(counts.of(b.params()));
    Set<Value> own = new HashSet<>(b.params());
    for (Node n : b.nodes()) {
      all.addAll(counts.of(n.results()));
      own.addAll(n.results());
      n.blocks().forEach(inner -> all.addAll(captured(inner)));
    }
    all.removeAll(own);
    return all;
  }

  private static Value of(Map<Value, Value> renamed, Value v) {
    return renamed.getOrDefault(v, v);
  }

  /// A value that may be stored as it is: itself, or a number in place of a handle.
  private static Value number(Value v, Map<Value, Value> renamed) {
    if (v.type().dtype() != DType.FRAME) {
      return v;
    }
    Value n = new Value(v.id(), v.type().with(DType.I64));
    renamed.put(v, n);
    return n;
  }

  private static Op op(Op op) {
    return switch (op) {
      case FrameOp.Unpack u -> new FrameOp.Unpack(u.types().stream().map(Outline::number).toList());
      case ControlOp.Call c ->
          new ControlOp.Call(
              c.function(), c.ordered(), c.types().stream().map(Outline::number).toList());
      case MoveOp.Fill f when f.type().dtype() == DType.FRAME -> new MoveOp.Fill(NUMBER, f.bits());
      default -> op;
    };
  }

  private static Type number(Type t) {
    return t.dtype() == DType.FRAME ? t.with(DType.I64) : t;
  }
}
