package dev.retrograde.pass;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where values are stored, directly or as another way to see a stored one.
class Views {
  private final Fusion fusion;
  private final Map<Value, View> stored = new HashMap<>();

  Views(Fusion fusion) {
    this.fusion = fusion;
  }

  void put(Value v, View view) {
    stored.put(v, view);
  }

  @Nullable View find(Value v) {
    View known = stored.get(v);
    if (known != null) {
      return known;
    }
    Node n = fusion.maker(v);
    if (n == null || !Fusion.viewNode(n)) {
      return null;
    }
    View from = find(n.operand(0));
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
