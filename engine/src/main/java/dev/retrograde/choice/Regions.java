package dev.retrograde.choice;

import dev.retrograde.choice.Saving.ByLayer;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Value;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The parts of the forward pass whose inner values are computed again: segments of blocks under
/// [Saving.Recompute], single blocks under [Saving.Reversible].
///
/// A block is what lies under the deepest path segment that begins with `block`; for recomputation,
/// what lies in no block counts by the first segment of its path. The segment that ends the forward
/// pass is left alone: its values are read at once.
final class Regions {
  private final Forward forward;
  private final Map<Node, String> region = new HashMap<>();
  private final Map<Value, Node> couples = new HashMap<>();
  private final Map<Node, Node> branch = new HashMap<>();

  Regions(Forward forward, ByLayer policy) {
    this.forward = forward;
    Map<Integer, Map<String, Integer>> blocks = new HashMap<>();
    Set<String> units = new LinkedHashSet<>();
    forward.nodes().stream()
        .filter(n -> n.op() instanceof MapOp.Couple)
        .forEach(n -> units.add(n.origin().path()));
    for (Node n : forward.nodes()) {
      String name =
          switch (policy.of(n.origin().path())) {
            case Saving.Recompute r -> {
              Map<String, Integer> known =
                  blocks.computeIfAbsent(r.every(), k -> new LinkedHashMap<>());
              int block = known.computeIfAbsent(blockOrFirst(n), b -> known.size());
              yield "every " + r.every() + ", segment " + block / r.every();
            }
            case Saving.Reversible _ -> unit(n.origin().path(), units);
            case Saving.Store _,
                Saving.Exact _,
                Saving.Segments _,
                Saving.Pooled _,
                Saving.PooledQuantized _,
                Saving.PooledAll _,
                Saving.Quantized _,
                Saving.BlockSparse _,
                Saving.ByLayer _,
                Saving.Budget _ ->
                null;
          };
      if (name != null) {
        region.put(n, name);
      }
    }
    leaveLastAlone();
    findCouples(policy);
  }

  /// The outermost reversible unit that a path lies in, so that units within its functions are
  /// computed again with them; else the block; null if it lies in neither.
  private static @Nullable String unit(String path, Set<String> units) {
    for (int at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      if (units.contains(path.substring(0, at))) {
        return Forward.block(path.substring(0, at));
      }
    }
    return Forward.block(path);
  }

  static String blockOrFirst(Node n) {
    String block = Forward.block(n.origin().path());
    return block != null ? block : n.origin().path().split("/")[0];
  }

  private void leaveLastAlone() {
    if (forward.nodes().isEmpty()) {
      return;
    }
    String last = region.get(forward.nodes().getLast());
    if (last != null && last.startsWith("every ")) {
      region.values().removeIf(last::equals);
    }
  }

  private void findCouples(ByLayer policy) {
    for (Node n : forward.nodes()) {
      if (n.op() instanceof MapOp.Couple
          && region.containsKey(n)
          && !within(n)
          && policy.of(n.origin().path()) instanceof Saving.Reversible) {
        couples.put(n.operand(0), n);
      }
    }
    couples.values().forEach(c -> claim(c.operand(1), c));
  }

  /// Marks the nodes of a coupling's residual function.
  private void claim(Value v, Node couple) {
    Node n = forward.maker(v);
    if (n == null
        || !inside(n, couple)
        || couples.containsValue(n)
        || couples.containsKey(v)
        || branch.putIfAbsent(n, couple) != null) {
      return;
    }
    n.operands().forEach(o -> claim(o, couple));
  }

  /// Whether a coupling's input is made in its own part, as in units within units.
  private boolean within(Node couple) {
    Node n = forward.maker(couple.operand(0));
    return n != null && inside(n, couple);
  }

  private boolean inside(Node n, Node couple) {
    String own = region.get(n);
    return own != null && own.equals(region.get(couple));
  }

  /// Whether any layer declares an inverse.
  boolean invertible() {
    return !couples.isEmpty();
  }

  /// The region in which a node is computed again; null if it is not.
  @Nullable String of(Node n) {
    return region.get(n);
  }

  /// The coupling whose first operand a value is; null if it is none's.
  @Nullable Node coupleOf(Value v) {
    return couples.get(v);
  }

  /// The coupling whose residual function a node belongs to; null if it belongs to none.
  @Nullable Node branchOf(Node n) {
    return branch.get(n);
  }

  /// Whether a value made in a region is read outside it in the forward pass, itself or as another
  /// view, or is a result.
  boolean leaves(Value v, String from) {
    return forward.result(v)
        || forward.forwardReaders(v).stream()
            .anyMatch(
                r -> !from.equals(region.get(r)) || (Forward.view(r) && leaves(r.result(), from)));
  }
}
