package dev.retrograde.autodiff;

import dev.retrograde.ir.Node;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// What of a list of nodes is used.
final class Live {
  private Live() {}

  /// The nodes that lead to used values, in order; what they use is added to `used`.
  static List<Node> of(List<Node> nodes, Set<Value> used) {
    List<Node> kept = new ArrayList<>();
    for (Node n : nodes.reversed()) {
      if (!n.pure() || n.results().stream().anyMatch(used::contains)) {
        kept.add(n);
        used.addAll(Uses.all(n));
      }
    }
    return kept.reversed();
  }
}
