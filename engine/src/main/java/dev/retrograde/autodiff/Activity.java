package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Which values may move when some others do, judged by who reads whom.
///
/// Frames count as moving: what is unpacked from them is floating again.
final class Activity {
  private Activity() {}

  static Set<Value> of(Captures captures, List<Node> nodes, Collection<Value> from) {
    Set<Value> active = new HashSet<>(from);
    for (Node n : nodes) {
      if (!(n.op() instanceof MapOp.StopGradient)
          && (n.operands().stream().anyMatch(active::contains)
              || captures.of(n).stream().anyMatch(active::contains))) {
        n.results().stream().filter(Activity::moves).forEach(active::add);
      }
    }
    return active;
  }

  /// Of carried values those that may move at some trip: those that start so, and those that a body
  /// makes of one that does.
  ///
  /// @param first where the carried values begin among the parameters
  /// @param moving which of them move at the start; completed in place
  /// @param others captured values and parameters that move
  static void carry(
      Captures captures, Block body, int first, boolean[] moving, Collection<Value> others) {
    boolean more = true;
    while (more) {
      more = false;
      Set<Value> from = new HashSet<>(others);
      for (int k = 0; k < moving.length; k++) {
        if (moving[k]) {
          from.add(body.params().get(first + k));
        }
      }
      Set<Value> active = of(captures, body.nodes(), from);
      for (int k = 0; k < moving.length; k++) {
        Value r = body.results().get(k);
        if (!moving[k] && active.contains(r) && moves(r)) {
          moving[k] = true;
          more = true;
        }
      }
    }
  }

  static boolean moves(Value v) {
    DType d = v.type().dtype();
    return d.isFloat() || d == DType.FRAME;
  }

  static boolean floats(Value v) {
    return v.type().dtype().isFloat();
  }
}
