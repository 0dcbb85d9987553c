package dev.retrograde.pass.tree;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.TreeOp.Shape;
import dev.retrograde.ir.TreeOp.TreeUnfold;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/// An unfold as loops: height by height from the root down, then the leaves, or one by one in that
/// order.
///
/// Carried are, in this order: the tables of states, `[n + 1, s...]`, where the last row takes what
/// is given to missing children and is never read for a node; the sums of what they are given,
/// where somebody wants them; the tables of inner rows; the sums of inner terms.
final class UnfoldLoops {
  private final Emit e;
  private final Node node;
  private final TreeUnfold op;
  private final TreeOp.Form form;
  private final Shape tree;
  private final Heights heights;
  private final int states;
  private final Block leaf;
  private final Block inner;

  /// States for which the sum of what is given to missing children is wanted.
  private final List<Integer> lost;

  /// @param used whether somebody reads a value
  UnfoldLoops(Emit e, Node n, TreeUnfold op, Predicate<Value> used) {
    this.e = e;
    this.node = n;
    this.op = op;
    this.form = op.form();
    this.tree = Shape.of(n);
    this.heights = new Heights(tree);
    this.states = op.states(n);
    this.leaf = Invariants.hoist(e, n.blocks().get(0));
    this.inner = Invariants.hoist(e, n.blocks().get(1));
    this.lost =
        IntStream.range(0, states).filter(k -> used.test(n.results().get(k))).boxed().toList();
  }

  List<Value> results() {
    List<Value> tables = new ArrayList<>();
    for (Value t : node.operands().subList(Shape.OPERANDS, node.operands().size())) {
      tables.add(Heights.extended(e, t, e.zeros(t.type().without(List.of(0)))));
    }
    List<Value> carried = new ArrayList<>(tables);
    lost.forEach(k -> carried.add(e.zeros(node.results().get(k).type())));
    zeros(inner, 2 * states, op.innerRows(), carried);
    List<Value> above = form.batched() ? byHeight(carried) : oneByOne(carried);
    List<Value> below = new ArrayList<>();
    zeros(leaf, 0, op.leafRows(), below);
    below =
        Vectorise.atOnce(e, form, leaf) ? leavesAtOnce(above, below) : leavesOneByOne(above, below);
    return ordered(above, below);
  }

  /// Adds tables of zeros for a block's rows and zeros for its terms.
  private void zeros(Block b, int skip, int rows, List<Value> into) {
    for (int k = skip; k < b.results().size(); k++) {
      Type t = b.results().get(k).type();
      into.add(e.zeros(k < skip + rows ? heights.table(t) : t));
    }
  }

  private List<Value> ordered(List<Value> above, List<Value> below) {
    List<Value> out = new ArrayList<>();
    for (int k = 0; k < states; k++) {
      int at = lost.indexOf(k);
      out.add(at < 0 ? e.zeros(node.results().get(k).type()) : above.get(states + at));
    }
    List<Value> inside = above.subList(states + lost.size(), above.size());
    out.addAll(below.subList(0, op.leafRows()));
    out.addAll(inside.subList(0, op.innerRows()));
    out.addAll(below.subList(op.leafRows(), below.size()));
    out.addAll(inside.subList(op.innerRows(), inside.size()));
    return out;
  }

  private List<Value> byHeight(List<Value> tables) {
    Value most = heights.innerHeights(e);
    return Structured.loop(
        e,
        most,
        tree.heights() - 1,
        tables,
        (g, trip, carried) -> {
          Value height = g.minus(most, trip);
          Value from = heights.start(g, height);
          Value count = g.minus(heights.end(g, height), from);
          List<Integer> widths = Structured.upTo(form.widths(), heights.mostInner());
          return Structured.choose(
              g, count, widths, (h, width) -> atOnce(h, from, count, width, carried));
        });
  }

  private List<Value> atOnce(Emit g, Value from, Value count, int width, List<Value> carried) {
    Value at = Heights.numbers(g, tree.order(), from, count, width);
    Vectorise v = new Vectorise(g, width).with(inner, args(g, at, carried));
    Value live = Heights.live(g, count, width);
    int rows = 2 * states + op.innerRows();
    List<Value> made = new ArrayList<>(v.rows(inner.results().subList(0, rows)));
    made.addAll(SumLoops.sums(v, inner.results().subList(rows, inner.results().size()), live));
    return next(
        g,
        at,
        made,
        carried,
        (state, missing) -> {
          Value counted = live == null ? missing : g.map(Primitive.AND, missing, live);
          RowRules rules = new RowRules(g, width);
          return g.sum(rules.select(counted, state, g.zeros(state.type())), List.of(0));
        });
  }

  private List<Value> oneByOne(List<Value> tables) {
    Value from = heights.leaves(e);
    Value last = e.minus(heights.nodes(e), Structured.whole(e, 1));
    return Structured.loop(
        e,
        e.minus(heights.nodes(e), from),
        tree.nodes(),
        tables,
        (g, trip, carried) -> {
          Value at = Heights.element(g, tree.order(), g.minus(last, trip));
          List<Value> made = new Cloner(g).inline(inner, args(g, at, carried));
          return next(
              g,
              at,
              made,
              carried,
              (state, missing) -> {
                Value all = g.broadcast(missing, state.type().extents(), List.of());
                return g.select(all, state, g.zeros(state.type()));
              });
        });
  }

  private List<Value> args(Emit g, Value at, List<Value> tables) {
    List<Value> args = new ArrayList<>(List.of(at));
    tables.subList(0, states).forEach(t -> args.add(Heights.element(g, t, at)));
    return args;
  }

  /// What of a state that was given goes to missing children.
  @FunctionalInterface
  private interface Lost {
    Value of(Value state, Value missing);
  }

  /// The carried values after nodes whose block gave `made`, terms summed.
  private List<Value> next(Emit g, Value at, List<Value> made, List<Value> carried, Lost gone) {
    List<Value> out = new ArrayList<>(carried);
    Heights.Child left = heights.child(g, tree.left(), at);
    Heights.Child right = heights.child(g, tree.right(), at);
    // Both sides in one write: no two nodes have a child in common.
    Value to = Heights.both(g, left.row(), right.row());
    for (int k = 0; k < states; k++) {
      Value toLeft = made.get(k);
      Value toRight = made.get(states + k);
      Value before = Heights.element(g, carried.get(k), to);
      Value after = g.plus(before, Heights.both(g, toLeft, toRight, at));
      out.set(k, Heights.set(g, carried.get(k), after, to));
      int sum = states + lost.indexOf(k);
      if (sum >= states) {
        Value none = g.plus(gone.of(toLeft, left.missing()), gone.of(toRight, right.missing()));
        out.set(sum, g.plus(carried.get(sum), none));
      }
    }
    int first = states + lost.size();
    for (int k = 0; k < carried.size() - first; k++) {
      Value v = made.get(2 * states + k);
      Value old = carried.get(first + k);
      out.set(first + k, k < op.innerRows() ? Heights.set(g, old, v, at) : g.plus(old, v));
    }
    return out;
  }

  private List<Value> leavesAtOnce(List<Value> above, List<Value> below) {
    Value count = heights.leaves(e);
    Value from = Structured.whole(e, 0);
    return SumLoops.unlessNone(
        e,
        count,
        below,
        g ->
            Structured.choose(
                g,
                count,
                Structured.finely(form.widths(), tree.nodes()),
                (h, width) -> {
                  Value at = Heights.numbers(h, tree.order(), from, count, width);
                  Vectorise v = new Vectorise(h, width).with(leaf, args(h, at, above));
                  Value live = Heights.live(h, count, width);
                  List<Value> made =
                      new ArrayList<>(v.rows(leaf.results().subList(0, op.leafRows())));
                  made.addAll(
                      SumLoops.sums(
                          v, leaf.results().subList(op.leafRows(), leaf.results().size()), live));
                  return leafNext(h, at, made, below);
                }));
  }

  private List<Value> leavesOneByOne(List<Value> above, List<Value> below) {
    if (below.isEmpty()) {
      return below;
    }
    return Structured.loop(
        e,
        heights.leaves(e),
        tree.nodes(),
        below,
        (g, trip, carried) -> {
          Value at = Heights.element(g, tree.order(), trip);
          List<Value> made = new Cloner(g).inline(leaf, args(g, at, above));
          return leafNext(g, at, made, carried);
        });
  }

  private List<Value> leafNext(Emit g, Value at, List<Value> made, List<Value> carried) {
    List<Value> out = new ArrayList<>();
    for (int k = 0; k < carried.size(); k++) {
      Value old = carried.get(k);
      out.add(k < op.leafRows() ? Heights.set(g, old, made.get(k), at) : g.plus(old, made.get(k)));
    }
    return out;
  }
}
