package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reverse mode of `If` where frames cannot go: another `If` on the same condition, whose blocks
/// run the branch again and go back through it.
///
/// What comes out of it is the branch's own part of a cotangent, so that a sum over nodes of a tree
/// may be taken inside of it.
final class BranchesAgain {
  private BranchesAgain() {}

  /// Whether every captured value got a cotangent.
  static boolean back(Walk w, Node n, List<Value> captured) {
    if (!n.pure()) {
      Op.notDifferentiable(
          n, "a branch calls ordered Java code, which must not run again in the backward pass");
    }
    List<Emit> emitters = new ArrayList<>();
    List<Map<Value, Value>> found = new ArrayList<>();
    Set<Value> reached = new LinkedHashSet<>();
    for (Block b : n.blocks()) {
      Emit g = w.back().nested();
      List<Value> results = new Cloner(g).inline(b, List.of());
      Walk inner = new Walk(w.context(), g, g, g.nodes(), captured, Set.of());
      for (int r = 0; r < results.size(); r++) {
        Value c = w.cotangent(n.results().get(r));
        if (c != null) {
          inner.add(results.get(r), c);
        }
      }
      found.add(inner.run());
      emitters.add(g);
      reached.addAll(found.getLast().keySet());
    }
    List<Value> wrt = List.copyOf(reached);
    if (!wrt.isEmpty()) {
      List<Block> blocks = new ArrayList<>();
      for (int which = 0; which < 2; which++) {
        Emit g = emitters.get(which);
        List<Value> results = new ArrayList<>();
        for (Value v : wrt) {
          Value c = found.get(which).get(v);
          results.add(c == null ? g.zeros(v.type()) : c);
        }
        blocks.add(new Block(List.of(), g.nodes(), results));
      }
      List<Value> out = w.back().addAll(new ControlOp.If(), n.operands(), blocks);
      for (int i = 0; i < wrt.size(); i++) {
        w.add(wrt.get(i), out.get(i));
      }
    }
    return reached.containsAll(captured);
  }
}
