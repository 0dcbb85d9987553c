package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Derivatives of `If`: another `If` on the same condition, whose blocks run the branch again and
/// differentiate it.
///
/// The branch is computed a second time because its inner values do not outlive its block; what is
/// kept are the captured values only.
final class Branches {
  private Branches() {}

  /// A copy of a branch, in an emitter that its derivative is appended to.
  private record Branch(Emit emit, List<Node> nodes, List<Value> results) {
    static Branch of(Emit e, Node n, int which) {
      if (!n.pure()) {
        return Op.notDifferentiable(
            n, "a branch calls ordered Java code, which must not run again in the backward pass");
      }
      Emit nested = e.nested();
      List<Value> results = new Cloner(nested).inline(n.blocks().get(which), List.of());
      return new Branch(nested, List.copyOf(nested.nodes()), results);
    }

    Block close(List<Value> values) {
      return new Block(List.of(), emit.nodes(), values);
    }
  }

  /// Cotangents of captured values; those that neither branch reaches are absent.
  static Map<Value, Value> vjp(Emit e, Node n, List<@Nullable Value> cots, List<Value> captured) {
    List<Branch> branches = new ArrayList<>();
    List<Map<Value, Value>> found = new ArrayList<>();
    Set<Value> reached = new HashSet<>();
    for (int which = 0; which < 2; which++) {
      Branch b = Branch.of(e, n, which);
      Map<Value, Value> seeds = new HashMap<>();
      for (int r = 0; r < cots.size(); r++) {
        Value c = cots.get(r);
        if (c != null) {
          seeds.merge(b.results.get(r), c, b.emit::plus);
        }
      }
      Map<Value, Value> back = Reverse.pullback(b.emit, b.nodes, seeds, captured);
      branches.add(b);
      found.add(back);
      reached.addAll(back.keySet());
    }
    List<Value> wrt = captured.stream().filter(reached::contains).toList();
    Map<Value, Value> out = new LinkedHashMap<>();
    if (!wrt.isEmpty()) {
      List<Value> results = choose(e, n, branches, found, wrt);
      for (int i = 0; i < wrt.size(); i++) {
        out.put(wrt.get(i), results.get(i));
      }
    }
    return out;
  }

  /// Tangents of the results.
  static List<@Nullable Value> jvp(
      Emit e, Node n, Map<Value, Value> tangents, List<Value> captured) {
    Map<Value, Value> seeds = new HashMap<>();
    captured.forEach(v -> seeds.put(v, tangents.get(v)));
    List<Branch> branches = new ArrayList<>();
    List<Map<Value, Value>> found = new ArrayList<>();
    List<Integer> moving = new ArrayList<>();
    for (int which = 0; which < 2; which++) {
      Branch b = Branch.of(e, n, which);
      Map<Value, Value> all = Forward.pushforward(b.emit, b.nodes, seeds);
      // Keyed by the node's own results, which both branches share.
      Map<Value, Value> own = new HashMap<>();
      for (int r = 0; r < b.results.size(); r++) {
        Value t = all.get(b.results.get(r));
        if (t != null) {
          own.put(n.results().get(r), t);
          if (!moving.contains(r)) {
            moving.add(r);
          }
        }
      }
      branches.add(b);
      found.add(own);
    }
    List<@Nullable Value> out = new ArrayList<>();
    n.results().forEach(r -> out.add(null));
    if (!moving.isEmpty()) {
      List<Value> results =
          choose(e, n, branches, found, moving.stream().map(n.results()::get).toList());
      for (int i = 0; i < moving.size(); i++) {
        out.set(moving.get(i), results.get(i));
      }
    }
    return out;
  }

  private static List<Value> choose(
      Emit e, Node n, List<Branch> branches, List<Map<Value, Value>> found, List<Value> keys) {
    List<Block> blocks = new ArrayList<>();
    for (int which = 0; which < 2; which++) {
      Branch b = branches.get(which);
      List<Value> values = new ArrayList<>();
      for (Value k : keys) {
        Value v = found.get(which).get(k);
        values.add(v == null ? b.emit.zeros(k.type()) : v);
      }
      blocks.add(b.close(values));
    }
    return e.addAll(new ControlOp.If(), n.operands(), blocks);
  }
}
