package dev.retrograde.autodiff;

import dev.retrograde.autodiff.Split.Seed;
import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reverse mode of `If`: each branch leaves its residuals in a frame, and another `If` on the same
/// condition takes that frame apart and goes back through the branch that was taken.
///
/// The cotangent that a captured value has so far goes into the branches and comes out of them, so
/// that a branch which does not use the value passes it on instead of adding zeros.
final class Branches {
  private Branches() {}

  /// Whether every captured value got a cotangent.
  static boolean back(Walk w, Node n, List<Value> captured) {
    List<Split> branches = n.blocks().stream().map(b -> split(w, n, b, captured)).toList();
    Set<Value> reached = new LinkedHashSet<>();
    for (Split b : branches) {
      b.found()
          .forEach((v, c) -> {
            if (c != w.cotangent(v)) {
              reached.add(v);
            }
          });
    }
    List<Value> wrt = List.copyOf(reached);
    if (!wrt.isEmpty()) {
      choose(w, n, branches, wrt);
    }
    return Walk.all(captured, reached);
  }

  private static Split split(Walk w, Node n, Block b, List<Value> captured) {
    List<Seed> seeds = new ArrayList<>();
    for (Value v : captured) {
      Value sum = w.cotangent(v);
      if (sum != null) {
        seeds.add(new Seed(v, sum));
      }
    }
    for (int r = 0; r < n.results().size(); r++) {
      Value c = w.cotangent(n.results().get(r));
      if (c != null) {
        seeds.add(new Seed(b.results().get(r), c));
      }
    }
    return Split.of(w, b, Split.Ask.of(seeds, captured));
  }

  private static void choose(Walk w, Node n, List<Split> branches, List<Value> wrt) {
    branches.forEach(b -> b.keep(List.copyOf(b.found().values())));
    List<List<Value>> residuals = branches.stream().map(b -> b.residuals(List.of())).toList();
    boolean framed = residuals.stream().anyMatch(r -> !r.isEmpty());
    Value frame = framed ? leave(w, n, branches, residuals) : null;
    List<Block> blocks = new ArrayList<>();
    for (int which = 0; which < 2; which++) {
      Split b = branches.get(which);
      List<Value> kept = residuals.get(which);
      Emit e = w.back().nested();
      Map<Value, Value> known = new HashMap<>();
      if (frame != null && !kept.isEmpty()) {
        List<Value> parts =
            e.addAll(new FrameOp.Unpack(Split.types(kept)), List.of(frame), List.of());
        for (int i = 0; i < kept.size(); i++) {
          known.put(kept.get(i), parts.get(i));
        }
      }
      List<Value> results = new ArrayList<>();
      for (Value v : wrt) {
        Value c = b.found().get(v);
        Value sum = w.cotangent(v);
        results.add(c != null ? c : sum != null ? sum : Walk.nothing(e, v.type()));
      }
      List<Value> made = b.replay(e, known, results);
      blocks.add(new Block(List.of(), e.nodes(), made));
    }
    List<Value> out = w.back().addAll(new ControlOp.If(), n.operands(), blocks);
    for (int i = 0; i < wrt.size(); i++) {
      w.put(wrt.get(i), out.get(i));
    }
  }

  /// Puts the node that leaves frames in the place of `n`; returns the frame.
  private static Value leave(Walk w, Node n, List<Split> branches, List<List<Value>> residuals) {
    List<Block> blocks = new ArrayList<>();
    for (int which = 0; which < 2; which++) {
      Split b = branches.get(which);
      blocks.add(b.forward(List.of(), List.of(b.pack(residuals.get(which)))));
    }
    Value frame = w.forward().parameter(FrameOp.HANDLE);
    List<Value> results = Split.join(n.results(), List.of(frame));
    w.forward().replace(n, List.of(new Node(n.op(), n.operands(), results, blocks, n.origin())));
    return frame;
  }
}
