package dev.retrograde.pass.tree;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.TreeOp.Shape;
import dev.retrograde.ir.TreeOp.TreeFold;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.List;

/// A fold as loops: the leaves, which need no other node, at once, then height by height, or one by
/// one in the same order.
///
/// Carried are the tables of states, `[n + 1, s...]` with the state of a missing child as last row,
/// and the tables of inner rows.
final class FoldLoops {
  private final Emit e;
  private final TreeOp.Form form;
  private final Shape tree;
  private final Heights heights;
  private final int states;
  private final Block leaf;
  private final Block inner;
  private final List<Value> init;

  FoldLoops(Emit e, Node n, TreeFold op) {
    this.e = e;
    this.form = op.form();
    this.tree = Shape.of(n);
    this.heights = new Heights(tree);
    this.states = op.states(n);
    this.leaf = Invariants.hoist(e, n.blocks().get(0));
    this.inner = Invariants.hoist(e, n.blocks().get(1));
    this.init = n.operands().subList(Shape.OPERANDS, n.operands().size());
  }

  List<Value> results() {
    List<Value> tables = new ArrayList<>();
    for (Value s : init) {
      tables.add(Heights.extended(e, e.zeros(heights.table(s.type())), s));
    }
    zeros(leaf, tables);
    tables = Vectorise.atOnce(e, form, leaf) ? leavesAtOnce(tables) : oneByOne(tables, true);
    List<Value> leafRows = tables.subList(states, tables.size());
    List<Value> rest = new ArrayList<>(tables.subList(0, states));
    zeros(inner, rest);
    rest = form.batched() ? byHeight(rest) : oneByOne(rest, false);
    List<Value> out = new ArrayList<>();
    rest.subList(0, states).forEach(t -> out.add(heights.nodes(e, t)));
    out.addAll(leafRows);
    out.addAll(rest.subList(states, rest.size()));
    return out;
  }

  private void zeros(Block b, List<Value> tables) {
    b.results()
        .subList(states, b.results().size())
        .forEach(r -> tables.add(e.zeros(heights.table(r.type()))));
  }

  private List<Value> leavesAtOnce(List<Value> tables) {
    Value count = heights.leaves(e);
    Value from = Structured.whole(e, 0);
    return SumLoops.unlessNone(
        e,
        count,
        tables,
        g ->
            Structured.choose(
                g,
                count,
                Structured.finely(form.widths(), tree.nodes()),
                (h, width) -> {
                  Value at = Heights.numbers(h, tree.order(), from, count, width);
                  return written(
                      h,
                      new Vectorise(h, width).with(leaf, List.of(at)).rows(leaf.results()),
                      at,
                      tables);
                }));
  }

  private List<Value> byHeight(List<Value> tables) {
    return Structured.loop(
        e,
        heights.innerHeights(e),
        tree.heights() - 1,
        tables,
        (g, trip, carried) -> {
          Value height = g.plus(trip, Structured.whole(g, 1));
          Value from = heights.start(g, height);
          Value count = g.minus(heights.end(g, height), from);
          List<Integer> widths = Structured.upTo(form.widths(), heights.mostInner());
          return Structured.choose(
              g,
              count,
              widths,
              (h, width) -> {
                Value at = Heights.numbers(h, tree.order(), from, count, width);
                List<Value> args = args(h, at, carried);
                List<Value> rows = new Vectorise(h, width).with(inner, args).rows(inner.results());
                return written(h, rows, at, carried);
              });
        });
  }

  private List<Value> oneByOne(List<Value> tables, boolean leaves) {
    Value from = leaves ? Structured.whole(e, 0) : heights.leaves(e);
    Value to = leaves ? heights.leaves(e) : heights.nodes(e);
    return Structured.loop(
        e,
        e.minus(to, from),
        tree.nodes(),
        tables,
        (g, trip, carried) -> {
          Value at = Heights.element(g, tree.order(), g.plus(trip, from));
          List<Value> args = leaves ? List.of(at) : args(g, at, carried);
          List<Value> made = new Cloner(g).inline(leaves ? leaf : inner, args);
          return written(g, made, at, carried);
        });
  }

  /// Arguments of the inner block: numbers and the children's states.
  private List<Value> args(Emit g, Value at, List<Value> tables) {
    List<Value> args = new ArrayList<>(List.of(at));
    for (Value side : List.of(tree.left(), tree.right())) {
      Value row = heights.child(g, side, at).row();
      tables.subList(0, states).forEach(t -> args.add(Heights.element(g, t, row)));
    }
    return args;
  }

  private static List<Value> written(Emit g, List<Value> rows, Value at, List<Value> tables) {
    List<Value> out = new ArrayList<>();
    for (int k = 0; k < tables.size(); k++) {
      out.add(Heights.set(g, tables.get(k), rows.get(k), at));
    }
    return out;
  }
}
