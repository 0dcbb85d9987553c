package dev.retrograde.pass;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Puts a copy before each reshape that strides cannot express: one that splits or joins axes of a
/// transposed, cut, repeated or padded value. What is the same everywhere is repeated anew instead.
/// Windows and tables of rows that lie nowhere in memory, because their readers would compute them,
/// are copied too.
final class Regroup {
  private final Map<Value, Node> maker = new HashMap<>();
  private final Buf probe = new Buf(Buf.Home.ARENA, "probe", DType.F32, 0, Tag.WORKSPACE, null);

  private Regroup() {}

  static Program run(Program p) {
    return new Regroup().rewrite(p);
  }

  private Program rewrite(Program p) {
    Emit.Ids ids = p.emitter().ids();
    List<Node> out = new ArrayList<>();
    for (Node n : p.nodes()) {
      Node kept = looksUpNothing(n) ? copied(n, ids, out) : n;
      if (n.op() instanceof MoveOp.Reshape && regroups(n) && view(n) == null) {
        kept = uniform(n);
        if (kept == null) {
          kept = copied(n, ids, out);
        }
      }
      remember(kept);
      out.add(kept);
    }
    return p.with(out);
  }

  /// Whether a node looks up elements of what is no stretch of memory.
  private boolean looksUpNothing(Node n) {
    return Fusion.looksUp(n.op())
        && Fusion.elementwise(n.op())
        && Fusion.supported(n)
        && seen(n.operand(0)) == null;
  }

  /// The node with a copy of its first operand, which goes before it.
  private Node copied(Node n, Emit.Ids ids, List<Node> out) {
    Value x = n.operand(0);
    Value copy = new Value(ids.next(), x.type());
    Node same = new Node(identity(x.type()), List.of(x), List.of(copy), List.of(), n.origin());
    remember(same);
    out.add(same);
    List<Value> operands = new ArrayList<>(n.operands());
    operands.set(0, copy);
    return new Node(n.op(), operands, n.results(), List.of(), n.origin());
  }

  /// Axes of size one come and go anywhere.
  private static boolean regroups(Node n) {
    List<Integer> from = n.operand(0).type().dims();
    return !Fusion.withoutOnes(from).equals(Fusion.withoutOnes(n.result().type().dims()));
  }

  private void remember(Node n) {
    n.results().forEach(v -> maker.put(v, n));
  }

  private static Op identity(Type t) {
    ScalarCode.Builder b = new ScalarCode.Builder(List.of(t.dtype()));
    return new MapOp.Map(b.build(List.of(b.arg(0))));
  }

  /// The same result from one number, or null where the operand has several.
  private @Nullable Node uniform(Node n) {
    Node m = maker.get(n.operand(0));
    Type to = n.result().type();
    if (m != null && m.op() instanceof MoveOp.Fill f) {
      Op fill = new MoveOp.Fill(to, f.bits());
      return new Node(fill, List.of(), n.results(), List.of(), n.origin());
    }
    if (m != null && m.op() instanceof MoveOp.Broadcast b && b.axes().isEmpty()) {
      Op repeat = new MoveOp.Broadcast(to.extents(), List.of());
      return new Node(repeat, m.operands(), n.results(), List.of(), n.origin());
    }
    return null;
  }

  /// How a value is seen where its base lies dense, or null where strides do not say it.
  private @Nullable View seen(Value v) {
    Node n = maker.get(v);
    if (n == null || !Fusion.inlined(n) || n.op() instanceof MoveOp.Literal) {
      return View.dense(probe, v.type().dims());
    }
    return view(n);
  }

  private @Nullable View view(Node n) {
    if (n.operands().size() != 1 || !Fusion.viewNode(n)) {
      return null;
    }
    View from = seen(n.operand(0));
    if (from == null) {
      return null;
    }
    List<Integer> dims = n.result().type().dims();
    return switch (n.op()) {
      case MoveOp.Transpose t -> from.transposed(t.perm());
      case MoveOp.Broadcast b -> from.broadcast(dims, b.axes());
      case MoveOp.Slice s -> from.sliced(s.starts(), s.sizes(), s.strides());
      case MoveOp.Reshape r -> from.reshaped(dims);
      default -> throw new AssertionError(n + " is no view");
    };
  }
}
