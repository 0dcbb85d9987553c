package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What nodes use without taking it as an operand: values that their blocks capture, and the
/// program's inputs and state that called functions read, themselves or through others.
final class Captures {
  private final Map<String, Block> functions;
  private final Map<String, Set<Value>> known = new HashMap<>();

  Captures(Map<String, Block> functions) {
    this.functions = functions;
  }

  /// Captured values of a node in order of first use. The rule of a region may use what it likes:
  /// no gradient flows through a rule.
  List<Value> of(Node n) {
    Set<Value> out = new LinkedHashSet<>();
    if (n.op() instanceof ControlOp.Call c) {
      out.addAll(globals(c.function()));
    }
    if (n.op() instanceof ControlOp.Region) {
      return of(n.blocks().get(0));
    }
    n.blocks().forEach(b -> out.addAll(of(b)));
    return new ArrayList<>(out);
  }

  /// The same for a block.
  List<Value> of(Block b) {
    Set<Value> out = new LinkedHashSet<>(Uses.captured(b));
    called(b, new LinkedHashSet<>()).forEach(f -> out.addAll(globals(f)));
    return new ArrayList<>(out);
  }

  /// The body of a function.
  Block body(String function) {
    Block b = functions.get(function);
    if (b == null) {
      throw new IllegalStateException(
          "function '"
              + function
              + "' is called but not defined yet, so it has no derivative; define it before"
              + " gradients are taken");
    }
    return b;
  }

  /// Functions that a block calls, not through others.
  static Set<String> called(Block b, Set<String> out) {
    for (Node n : b.nodes()) {
      if (n.op() instanceof ControlOp.Call c) {
        out.add(c.function());
      }
      n.blocks().forEach(inner -> called(inner, out));
    }
    return out;
  }

  /// Inputs and state that a function uses, itself or through those that it calls.
  Set<Value> globals(String function) {
    Set<Value> found = known.get(function);
    if (found == null) {
      found = new LinkedHashSet<>();
      for (String f : reached(function)) {
        found.addAll(Uses.captured(body(f)));
      }
      known.put(function, found);
    }
    return found;
  }

  /// A function and all that it calls, directly or not.
  Set<String> reached(String function) {
    Set<String> seen = new LinkedHashSet<>();
    List<String> open = new ArrayList<>(List.of(function));
    Set<String> queued = new HashSet<>(open);
    while (!open.isEmpty()) {
      String f = open.removeLast();
      seen.add(f);
      for (String g : called(body(f), new LinkedHashSet<>())) {
        if (queued.add(g)) {
          open.add(g);
        }
      }
    }
    return seen;
  }
}
