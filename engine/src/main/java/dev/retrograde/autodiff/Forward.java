package dev.retrograde.autodiff;

import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Forward mode: tangents of every value from tangents of some, by each op's `jvp`.
public final class Forward {
  private Forward() {}

  /// Appends the tangent nodes to `e`.
  ///
  /// @param nodes the primal nodes, in order; they must already have been emitted
  /// @param seeds tangents of inputs
  /// @return tangents of every value that has one
  public static Map<Value, Value> pushforward(Emit e, List<Node> nodes, Map<Value, Value> seeds) {
    Map<Value, Value> tangent = new HashMap<>(seeds);
    Origin before = e.origin();
    for (Node n : List.copyOf(nodes)) {
      List<Value> captured = Uses.captured(n).stream().filter(tangent::containsKey).toList();
      if (n.operands().stream().noneMatch(tangent::containsKey) && captured.isEmpty()) {
        continue;
      }
      List<@Nullable Value> in = new ArrayList<>();
      n.operands().forEach(o -> in.add(tangent.get(o)));
      e.origin(n.origin());
      List<@Nullable Value> out =
          n.op() instanceof ControlOp.If
              ? Branches.jvp(e, n, tangent, captured)
              : n.op().jvp(e, n, in);
      for (int r = 0; r < n.results().size(); r++) {
        Value t = out.get(r);
        if (t != null) {
          tangent.put(n.results().get(r), t);
        }
      }
    }
    e.origin(before);
    return tangent;
  }
}
