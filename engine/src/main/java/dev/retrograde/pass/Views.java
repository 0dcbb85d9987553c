package dev.retrograde.pass;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where values are stored, directly or as another way to see a stored one.
final class Views {
  private final Fusion fusion;
  private final @Nullable Views outer;
  private final Map<Value, View> stored = new HashMap<>();

  Views(Fusion fusion) {
    this(fusion, null);
  }

  /// Where a value has no place of its own here, the outer one counts.
  Views(Fusion fusion, @Nullable Views outer) {
    this.fusion = fusion;
    this.outer = outer;
  }

  void put(Value v, View view) {
    stored.put(v, view);
  }

  @Nullable View find(Value v) {
    View known = stored.get(v);
    if (known != null) {
      return known;
    }
    if (outer != null) {
      return outer.find(v);
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
