package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.TreeOp.NodeSum;
import dev.retrograde.ir.TreeOp.Shape;
import dev.retrograde.ir.TreeOp.TreeFold;
import dev.retrograde.ir.TreeOp.TreeUnfold;
import dev.retrograde.ir.Uses;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Forward mode of ops on trees: the same op over dual numbers, whose states and rows are followed
/// by their tangents. It computes the primal values once more.
final class TreeTangents {
  private final Emit e;
  private final Node node;
  private final Map<Value, Value> tangents;

  private TreeTangents(Emit e, Node node, Map<Value, Value> tangents) {
    this.e = e;
    this.node = node;
    this.tangents = tangents;
  }

  /// Tangents of the results, null for those that carry none.
  static List<@Nullable Value> jvp(Emit e, Node n, TreeOp op, Map<Value, Value> tangents) {
    TreeTangents t = new TreeTangents(e, n, tangents);
    return switch (op) {
      case TreeFold f -> t.fold(f);
      case TreeUnfold u -> t.unfold(u);
      case NodeSum s -> t.sum(s);
    };
  }

  /// Values and the tangents of the floating ones among them.
  private record Pair(List<Value> values, List<Value> tangents) {
    List<Value> all() {
      List<Value> out = new ArrayList<>(values);
      out.addAll(tangents);
      return out;
    }

    Pair part(int from, int to) {
      return new Pair(
          values.subList(from, to), tangents.subList(floats(values, from), floats(values, to)));
    }

    /// How many of the first n values have a tangent.
    private static int floats(List<Value> values, int n) {
      return (int) values.subList(0, n).stream().filter(TreeTangents::moves).count();
    }
  }

  private static boolean moves(Value v) {
    return v.type().dtype().isFloat();
  }

  /// A block of the node over dual numbers, while it is written.
  private final class Dual {
    private final Emit g = e.nested();
    private final List<Value> params = new ArrayList<>();
    private final List<Value> args = new ArrayList<>();
    private final Map<Value, Value> seeds = new HashMap<>();

    Dual(Value i) {
      Value p = g.parameter(i.type());
      params.add(p);
      args.add(p);
    }

    /// Parameters like these, then their tangents.
    void take(List<Value> like) {
      List<Value> own = new ArrayList<>();
      like.forEach(v -> own.add(g.parameter(v.type())));
      params.addAll(own);
      args.addAll(own);
      for (Value v : own) {
        if (moves(v)) {
          Value t = g.parameter(v.type());
          params.add(t);
          seeds.put(v, t);
        }
      }
    }

    Pair run(Block b) {
      List<Value> results = new Cloner(g).inline(b, args);
      for (Node n : b.nodes()) {
        Uses.all(n).forEach(this::seed);
      }
      results.forEach(this::seed);
      Map<Value, Value> found = Forward.pushforward(g, g.nodes(), seeds);
      List<Value> moving = new ArrayList<>();
      for (Value r : results) {
        if (moves(r)) {
          Value t = found.get(r);
          moving.add(t == null ? g.zeros(r.type()) : t);
        }
      }
      return new Pair(results, moving);
    }

    private void seed(Value v) {
      Value t = tangents.get(v);
      if (t != null) {
        seeds.put(v, t);
      }
    }

    Block close(List<Value> results) {
      return new Block(params, g.nodes(), results);
    }
  }

  /// Operands that are states, then their tangents.
  private List<Value> operands(List<Value> states) {
    List<Value> out = new ArrayList<>(Shape.of(node).operands());
    out.addAll(states);
    for (Value v : states) {
      if (moves(v)) {
        Value t = tangents.get(v);
        out.add(t == null ? e.zeros(v.type()) : t);
      }
    }
    return out;
  }

  private List<@Nullable Value> fold(TreeFold f) {
    int k = f.states(node);
    List<Block> blocks = new ArrayList<>();
    for (Block b : node.blocks()) {
      Dual d = new Dual(b.params().get(0));
      for (int at = 1; at < b.params().size(); at += k) {
        d.take(b.params().subList(at, at + k));
      }
      Pair out = d.run(b);
      List<Value> results = new ArrayList<>(out.part(0, k).all());
      results.addAll(out.part(k, out.values.size()).all());
      blocks.add(d.close(results));
    }
    List<Value> states = node.operands().subList(Shape.OPERANDS, node.operands().size());
    Counts c = new Counts(node.results());
    TreeFold op =
        new TreeFold(
            c.doubled(k, k + f.leafRows()), c.doubled(k + f.leafRows(), c.size()), f.form());
    List<Value> made = e.addAll(op, operands(states), blocks);
    return c.pick(made, List.of(0, k, k + f.leafRows()));
  }

  private List<@Nullable Value> unfold(TreeUnfold u) {
    int k = u.states(node);
    List<Block> blocks = new ArrayList<>();
    for (int which = 0; which < 2; which++) {
      Block b = node.blocks().get(which);
      Dual d = new Dual(b.params().get(0));
      d.take(b.params().subList(1, k + 1));
      Pair out = d.run(b);
      List<Value> results = new ArrayList<>();
      int at = 0;
      List<Integer> cuts =
          which == 0 ? List.of(u.leafRows()) : List.of(k, 2 * k, 2 * k + u.innerRows());
      for (int to : cuts) {
        results.addAll(out.part(at, to).all());
        at = to;
      }
      results.addAll(out.part(at, out.values.size()).all());
      blocks.add(d.close(results));
    }
    List<Value> states = node.operands().subList(Shape.OPERANDS, node.operands().size());
    Counts c = new Counts(node.results());
    int leaves = k + u.leafRows();
    int rows = leaves + u.innerRows();
    int terms = rows + node.blocks().get(0).results().size() - u.leafRows();
    TreeUnfold op = new TreeUnfold(c.doubled(k, leaves), c.doubled(leaves, rows), u.form());
    List<Value> made = e.addAll(op, operands(states), blocks);
    return c.pick(made, List.of(0, k, leaves, rows, terms));
  }

  private List<@Nullable Value> sum(NodeSum s) {
    Block b = node.blocks().get(0);
    Dual d = new Dual(b.params().get(0));
    Block block = d.close(d.run(b).tangents);
    List<Value> made = e.addAll(s, node.operands(), List.of(block));
    List<@Nullable Value> out = new ArrayList<>();
    int at = 0;
    for (Value r : node.results()) {
      out.add(moves(r) ? made.get(at++) : null);
    }
    return out;
  }

  /// Where tangents are among results that come in groups, each followed by its tangents.
  private record Counts(List<Value> results) {
    int size() {
      return results.size();
    }

    int doubled(int from, int to) {
      return to
          - from
          + (int) results.subList(from, to).stream().filter(TreeTangents::moves).count();
    }

    /// @param groups where each group begins
    List<@Nullable Value> pick(List<Value> made, List<Integer> groups) {
      List<@Nullable Value> out = new ArrayList<>();
      int at = 0;
      for (int g = 0; g < groups.size(); g++) {
        int to = g + 1 < groups.size() ? groups.get(g + 1) : size();
        at += to - groups.get(g);
        for (Value r : results.subList(groups.get(g), to)) {
          out.add(moves(r) ? made.get(at++) : null);
        }
      }
      return out;
    }
  }
}
