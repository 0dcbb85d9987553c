package dev.retrograde.interp;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The derivative of one node: what its op's reverse rule emits, to be run whenever the node has
/// run.
///
/// @param nodes of the rule
/// @param cotangents of the node's results, null where none arrives
/// @param back cotangents of its operands, null where none flows
/// @param reads values of the program that the rule reads
record Rule(
    List<Node> nodes,
    List<@Nullable Value> cotangents,
    List<@Nullable Value> back,
    Set<Value> reads) {

  /// What a rule depends on: the same node asks for another one where other cotangents arrive.
  record Key(Node node, List<Boolean> arrived, List<Boolean> wanted) {}

  static Rule of(Emit e, Key key) {
    Node n = key.node();
    List<@Nullable Value> cotangents = new ArrayList<>();
    for (int i = 0; i < n.results().size(); i++) {
      cotangents.add(key.arrived().get(i) ? e.parameter(n.results().get(i).type()) : null);
    }
    List<@Nullable Value> back = n.op().vjp(e, n, cotangents, key.wanted());
    List<Node> nodes = List.copyOf(e.nodes());
    Set<Value> reads = new LinkedHashSet<>();
    Set<Value> made = new HashSet<>();
    for (Node r : nodes) {
      reads.addAll(Uses.all(r));
      made.addAll(r.results());
    }
    for (Value v : back) {
      if (v != null) {
        reads.add(v);
      }
    }
    reads.removeAll(made);
    for (Value v : cotangents) {
      if (v != null) {
        reads.remove(v);
      }
    }
    return new Rule(nodes, cotangents, back, reads);
  }

  /// The values that say how large the ragged axes of a type are.
  static List<Value> counts(Type t) {
    List<Value> all = new ArrayList<>();
    for (Extent e : t.extents()) {
      if (e instanceof Extent.Ragged r) {
        all.add(r.count());
      }
    }
    return all;
  }
}
