package dev.retrograde.pass;

import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import dev.retrograde.pass.ragged.Counts;
import dev.retrograde.scalar.ScalarCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Removes what no result needs, merges equal pure nodes of one part and epoch, and drops nodes
/// that do nothing. Every number keeps its bits.
public final class Simplify {
  private Simplify() {}

  /// What makes two nodes the same.
  private record Key(Op op, List<Value> operands, Origin.Phase phase, int epoch) {}

  public static Program run(Program p) {
    return run(p, new Counts());
  }

  /// @param counts how many rows of values are read; kept up
  static Program run(Program p, Counts counts) {
    Map<Value, Value> same = new HashMap<>();
    Map<Key, Node> known = new HashMap<>();
    List<Node> merged = new ArrayList<>();
    for (Node n : p.nodes()) {
      List<Value> operands = n.operands().stream().map(v -> same.getOrDefault(v, v)).toList();
      n.results().forEach(v -> counts.rename(v, c -> same.getOrDefault(c, c)));
      if (hands(n, operands, same)) {
        merge(n, same, counts);
        continue;
      }
      Node m = new Node(n.op(), operands, n.results(), n.blocks(), n.origin());
      if (n.pure() && n.blocks().isEmpty()) {
        // Constants are the same everywhere; other nodes only within their part of the step, since
        // merging across parts would lengthen lifetimes.
        boolean constant = n.operands().isEmpty() && n.op().free();
        Key key =
            new Key(
                n.op(),
                operands,
                constant ? Origin.Phase.FORWARD : n.origin().phase(),
                constant ? 0 : n.origin().epoch());
        Node first = known.putIfAbsent(key, m);
        if (first != null) {
          for (int r = 0; r < n.results().size(); r++) {
            same.put(n.results().get(r), first.results().get(r));
          }
          merge(n, same, counts);
          continue;
        }
      }
      merged.add(m);
    }
    Program q = p.with(merged, same);
    Set<Value> live = new HashSet<>(q.results());
    List<Node> kept = new ArrayList<>();
    for (int i = merged.size() - 1; i >= 0; i--) {
      Node n = merged.get(i);
      if (!n.pure() || n.results().stream().anyMatch(live::contains)) {
        kept.add(n);
        live.addAll(Uses.all(n));
      }
    }
    java.util.Collections.reverse(kept);
    return q.with(scalarsEarly(kept));
  }

  /// Moves elementwise nodes of single elements to right behind what they read, so that whatever
  /// needs them (a learning rate, a flag) can join an earlier kernel.
  private static List<Node> scalarsEarly(List<Node> nodes) {
    Map<Value, Integer> made = new HashMap<>();
    Map<Node, Integer> key = new HashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      Node n = nodes.get(i);
      int at = i;
      if (n.op() instanceof MapOp.Map && n.result().type().size() == 1 && n.pure()) {
        at = -1;
        for (Value v : n.operands()) {
          at = Math.max(at, made.getOrDefault(v, -1));
        }
      } else if (Fusion.inlined(n)) {
        at = -1;
        for (Value v : Uses.all(n)) {
          at = Math.max(at, made.getOrDefault(v, -1));
        }
      }
      key.put(n, at);
      int k = at;
      n.results().forEach(v -> made.put(v, k));
    }
    List<Node> out = new ArrayList<>(nodes);
    out.sort(java.util.Comparator.comparingInt(key::get));
    return out;
  }

  /// What stands for the results of a node is read as far as they are, or whole.
  private static void merge(Node n, Map<Value, Value> same, Counts counts) {
    n.results().forEach(v -> counts.merge(same.getOrDefault(v, v), v));
  }

  /// Whether a node only hands its operands on; if so its results are them.
  private static boolean hands(Node n, List<Value> operands, Map<Value, Value> same) {
    boolean nothing =
        n.op() instanceof MapOp.StopGradient
            || (n.op() instanceof MoveOp.Reshape
                && n.result().type().equals(operands.get(0).type()));
    if (nothing) {
      same.put(n.result(), operands.get(0));
      return true;
    }
    return n.op() instanceof MapOp.Map map && copies(map, n, operands, same);
  }

  /// Whether a map only hands its operands on; if so its results are them.
  private static boolean copies(
      MapOp.Map map, Node n, List<Value> operands, Map<Value, Value> same) {
    List<ScalarCode.Instr> instrs = map.code().instrs();
    for (int r : map.code().results()) {
      if (!(instrs.get(r) instanceof ScalarCode.Arg)) {
        return false;
      }
    }
    for (int r = 0; r < n.results().size(); r++) {
      ScalarCode.Arg a = (ScalarCode.Arg) instrs.get(map.code().results().get(r));
      same.put(n.results().get(r), operands.get(a.index()));
    }
    return true;
  }
}
