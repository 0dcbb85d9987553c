package dev.retrograde.autodiff;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Value;
import java.util.List;
import java.util.Map;

/// Forward mode: tangents of every value from tangents of some, by each op's `jvp`.
public final class Forward {
  private Forward() {}

  /// Appends the tangent nodes to `e`.
  ///
  /// @param nodes the primal nodes, in order; they must already have been emitted
  /// @param seeds tangents of inputs
  /// @return tangents of every value that has one
  public static Map<Value, Value> pushforward(Emit e, List<Node> nodes, Map<Value, Value> seeds) {
    Push p = Push.top(e, seeds);
    p.run(e.current(nodes));
    return p.tangents();
  }
}
