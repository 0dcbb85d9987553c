package dev.retrograde.pass.tree;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Takes out of a block what is the same each time it runs.
final class Invariants {
  private Invariants() {}

  /// Appends to `e` the nodes that depend on no parameter; returns a copy of the block without
  /// them.
  static Block hoist(Emit e, Block b) {
    Set<Value> varying = new HashSet<>(b.params());
    List<Node> left = new ArrayList<>();
    Cloner c = new Cloner(e);
    for (Node n : b.nodes()) {
      if (n.pure() && Uses.all(n).stream().noneMatch(varying::contains)) {
        c.node(n);
      } else {
        varying.addAll(n.results());
        left.add(n);
      }
    }
    return c.block(new Block(b.params(), left, b.results()));
  }
}
