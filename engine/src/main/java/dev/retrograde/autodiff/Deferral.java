package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Value;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Gradients of matrices that a loop only multiplies with, formed as one product after all trips:
/// the cotangent of each trip's product and the other operand are kept as rows, and the product
/// sums over trips as it sums over the batch. A trip then adds nothing of the matrix's size.
final class Deferral {
  private Deferral() {}

  /// Of captured values those that a body uses as an operand of products only, each with an operand
  /// that the body makes or receives.
  static Set<Value> inBody(Context c, Block body, List<Value> captured) {
    Set<Value> out = new LinkedHashSet<>();
    if (c.options().deferred()) {
      Set<Value> own = new HashSet<>(body.params());
      body.nodes().forEach(n -> own.addAll(n.results()));
      for (Value v : captured) {
        if (Activity.floats(v)
            && body.nodes().stream().allMatch(n -> only(c, n, v, own))
            && !body.results().contains(v)) {
          out.add(v);
        }
      }
    }
    return out;
  }

  private static boolean only(Context c, Node n, Value v, Set<Value> own) {
    if (!n.operands().contains(v)) {
      return !c.captures().of(n).contains(v);
    }
    return n.op() instanceof LinearOp.Contract
        && own.contains(n.operand(n.operand(0).equals(v) ? 1 : 0));
  }

  /// Adds the gradient that rows give: cotangents of the product and other operands, stacked.
  static void form(Walk w, Walk.Late l, Value dy, Value other) {
    if (!(l.product().op() instanceof LinearOp.Contract c)) {
      throw new AssertionError(l + " is no product");
    }
    w.add(l.matrix(), c.cotangent(w.back(), l.side(), dy, other, l.matrix().type(), 1));
  }

  static Value at(Map<Value, Value> all, Value v) {
    Value found = all.get(v);
    if (found == null) {
      throw new AssertionError(v + " is not stacked");
    }
    return found;
  }
}
