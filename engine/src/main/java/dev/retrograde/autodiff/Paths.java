package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Says which op cut the path of a value to the loss, inside branches, loops and functions too.
final class Paths {
  private final Context context;
  private final Set<String> entered = new HashSet<>();

  Paths(Context context) {
    this.context = context;
  }

  /// Why there is no gradient.
  String explain(List<Node> nodes, Collection<Value> seeded, String name, Value v) {
    Node cut = cut(nodes, Set.of(v), seeded);
    return cut == null
        ? "'"
            + name
            + "' has no gradient: the loss does not depend on it; "
            + "remove the layer, or make it not trainable"
        : "'"
            + name
            + "' has no gradient: "
            + cut.op().name()
            + " '"
            + cut.origin()
            + "' cut the path from it to the loss; make it not trainable, or give that op a rule";
  }

  /// The first node on a path that let no cotangent through.
  private @Nullable Node cut(List<Node> nodes, Set<Value> start, Collection<Value> seeded) {
    Set<Value> from = new HashSet<>(start);
    Set<Value> towards = towards(nodes, seeded);
    for (Node n : nodes) {
      if (n.results().stream().anyMatch(towards::contains) && uses(n).anyMatch(from::contains)) {
        if (context.isCut(n)
            || n.op() instanceof MapOp.StopGradient
            || n.results().stream().noneMatch(Activity::floats)) {
          Node inner = inside(n, from, towards);
          return inner == null ? n : inner;
        }
        from.addAll(n.results());
      }
    }
    return null;
  }

  private java.util.stream.Stream<Value> uses(Node n) {
    return java.util.stream.Stream.concat(Uses.all(n).stream(), context.captures().of(n).stream());
  }

  /// Values that the seeded results depend on, so that a metric beside the loss is not blamed.
  private Set<Value> towards(List<Node> nodes, Collection<Value> seeded) {
    Set<Value> out = new HashSet<>(seeded);
    for (Node n : nodes.reversed()) {
      if (n.results().stream().anyMatch(out::contains)) {
        uses(n).forEach(out::add);
      }
    }
    return out;
  }

  private @Nullable Node inside(Node n, Set<Value> from, Set<Value> towards) {
    return switch (n.op()) {
      case ControlOp.If i -> {
        Node first = block(n, n.blocks().get(0), 0, 0, from, towards);
        yield first == null ? block(n, n.blocks().get(1), 0, 0, from, towards) : first;
      }
      case ControlOp.For f -> block(n, n.blocks().get(0), 1, 1, from, towards);
      case ControlOp.While w -> block(n, n.blocks().get(1), 0, 0, from, towards);
      case ControlOp.Scan s -> block(n, n.blocks().get(0), 0, 1, from, towards);
      case ControlOp.Call c ->
          entered.add(c.function())
              ? block(n, context.captures().body(c.function()), 0, 0, from, towards)
              : null;
      default -> null;
    };
  }

  /// The cut in a block, some of whose parameters stand for operands: parameter `param + k` for
  /// operand `operand + k`. A loop's body is gone through as often as a path may wind.
  private @Nullable Node block(
      Node n, Block b, int operand, int param, Set<Value> from, Set<Value> towards) {
    Set<Value> start = new HashSet<>(from);
    for (int k = 0; operand + k < n.operands().size() && param + k < b.params().size(); k++) {
      if (from.contains(n.operand(operand + k))) {
        start.add(b.params().get(param + k));
      }
    }
    Set<Value> end = new HashSet<>();
    for (int k = 0; k < n.results().size(); k++) {
      if (towards.contains(n.results().get(k))) {
        end.add(b.results().get(k));
      }
    }
    boolean loop =
        n.op() instanceof ControlOp.For
            || n.op() instanceof ControlOp.While
            || n.op() instanceof ControlOp.Scan;
    int carried = n.op() instanceof ControlOp.Scan s ? s.carried() : n.results().size();
    for (boolean more = loop; more; ) {
      more = false;
      Set<Value> moving = Activity.of(context.captures(), b.nodes(), start);
      Set<Value> needed = towards(b.nodes(), end);
      for (int k = 0; k < carried; k++) {
        Value p = b.params().get(param + k);
        more |= moving.contains(b.results().get(k)) && start.add(p);
        more |= needed.contains(p) && end.add(b.results().get(k));
      }
    }
    return cut(b.nodes(), start, end);
  }
}
