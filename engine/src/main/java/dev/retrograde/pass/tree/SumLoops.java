package dev.retrograde.pass.tree;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.TreeOp.NodeSum;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Sums over nodes: all at once, which is what deferring them is for, or one by one.
final class SumLoops {
  private SumLoops() {}

  static List<Value> results(Emit e, Node n, NodeSum op) {
    Block b = Invariants.hoist(e, n.blocks().get(0));
    Value order = n.operand(0);
    Value from = n.operand(1);
    Value count = e.minus(n.operand(2), from);
    int nodes = order.type().dim(0);
    List<Value> zeros = b.results().stream().map(r -> e.zeros(r.type())).toList();
    if (op.form().batched() || op.form().deferred()) {
      return unlessNone(
          e,
          count,
          zeros,
          g ->
              Structured.choose(
                  g,
                  count,
                  Structured.finely(op.form().widths(), nodes),
                  (h, width) -> {
                    Value at = Heights.numbers(h, order, from, count, width);
                    Vectorise v = new Vectorise(h, width).with(b, List.of(at));
                    Value live = Heights.live(h, count, width);
                    return sums(v, b.results(), live);
                  }));
    }
    return Structured.loop(
        e,
        count,
        nodes,
        zeros,
        (g, trip, carried) -> {
          Value at = Heights.element(g, order, g.plus(trip, from));
          return added(g, carried, new Cloner(g).inline(b, List.of(at)));
        });
  }

  static List<Value> sums(Vectorise v, List<Value> terms, @Nullable Value live) {
    return terms.stream().map(t -> v.sum(t, live)).toList();
  }

  static List<Value> added(Emit e, List<Value> sums, List<Value> terms) {
    List<Value> out = new ArrayList<>();
    for (int k = 0; k < sums.size(); k++) {
      out.add(e.plus(sums.get(k), terms.get(k)));
    }
    return out;
  }

  /// What `body` gives, or `otherwise` if there is no node at all.
  static List<Value> unlessNone(
      Emit e, Value count, List<Value> otherwise, Function<Emit, List<Value>> body) {
    if (otherwise.isEmpty()) {
      return List.of();
    }
    Value some = e.map(Primitive.LT, Structured.whole(e, 0), count);
    return Structured.branch(e, some, body, g -> otherwise);
  }
}
