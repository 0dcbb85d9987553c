package dev.retrograde.autodiff;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Cloner;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.TreeOp.NodeSum;
import dev.retrograde.ir.TreeOp.Shape;
import dev.retrograde.ir.TreeOp.TreeFold;
import dev.retrograde.ir.TreeOp.TreeUnfold;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Reverse mode of ops on trees.
///
/// A fold from the leaves to the root becomes an unfold from the root to the leaves: a node's
/// cotangent goes through the pullback of its block to its children. The fold is replaced by a twin
/// that also leaves the rows that this reads ([NodeSplit]); the state of a node and of its children
/// is in the fold's own tables. Gradients of captured values are terms of the unfold, or, deferred,
/// sums over all nodes after it, which a product's gradient makes one product.
///
/// The idea is that of Wang et al., "Demystifying differentiable programming" (ICFP 2019), section
/// 3.3, whose recursion keeps in continuations what are tables here.
final class Trees {
  private Trees() {}

  /// Whether every captured value got a cotangent.
  static boolean back(Walk w, Node n, TreeOp op, List<Value> captured) {
    return switch (op) {
      case TreeFold f -> new Fold(w, n, f, captured).back();
      case TreeUnfold u -> Op.notDifferentiable(n, TreeOp.ONCE);
      case NodeSum s -> sum(w, n, s, captured);
    };
  }

  private static boolean sum(Walk w, Node n, NodeSum s, List<Value> captured) {
    Emit e = w.back();
    Emit g = e.nested();
    Value i = g.parameter(Type.of(DType.I32));
    List<Value> terms = new Cloner(g).inline(n.blocks().get(0), List.of(i));
    Walk inner = new Walk(w.context().ofNode(), g, g, g.nodes(), captured, Set.of());
    for (int k = 0; k < terms.size(); k++) {
      Value c = w.cotangent(n.results().get(k));
      if (c != null) {
        inner.add(terms.get(k), c);
      }
    }
    Map<Value, Value> found = inner.run();
    List<Value> reached = List.copyOf(found.keySet());
    Block b = new Block(List.of(i), g.nodes(), List.copyOf(found.values()));
    if (!reached.isEmpty()) {
      List<Value> sums = e.addAll(s, n.operands(), List.of(b));
      for (int k = 0; k < sums.size(); k++) {
        w.add(reached.get(k), sums.get(k));
      }
    }
    return reached.containsAll(captured);
  }

  /// A fold being differentiated.
  private static final class Fold {
    private final Walk walk;
    private final Emit e;
    private final TreeFold op;
    private final boolean deferred;
    private final Shape tree;
    private final List<Value> init;
    private final List<Integer> floats;
    private final List<Value> captured;
    private final NodeSplit[] split = new NodeSplit[2];

    /// Where rows are kept.
    private final Map<Value, Value> tables = new HashMap<>();

    /// Tables of states with the initial state as one more row.
    private final Map<Integer, Value> extended = new HashMap<>();

    private Node node;

    Fold(Walk walk, Node n, TreeFold op, List<Value> captured) {
      this.walk = walk;
      this.e = walk.back();
      this.op = op;
      this.deferred = op.form().deferred() && walk.context().options().deferred();
      this.captured = captured;
      node = n;
      tree = Shape.of(n);
      init = n.operands().subList(Shape.OPERANDS, n.operands().size());
      floats =
          IntStream.range(0, init.size())
              .filter(k -> init.get(k).type().dtype().isFloat())
              .boxed()
              .toList();
      for (int b = 0; b < 2; b++) {
        split[b] = new NodeSplit(walk.context(), e, n.blocks().get(b), floats, captured, deferred);
      }
    }

    boolean back() {
      List<@Nullable Value> cots = node.results().stream().map(walk::cotangent).toList();
      keep();
      List<Value> operands = new ArrayList<>(tree.operands());
      for (int k : floats) {
        Value c = cots.get(k);
        operands.add(c == null ? e.zeros(node.results().get(k).type()) : c);
      }
      List<List<Value>> rows = new ArrayList<>();
      List<List<Value>> ends = new ArrayList<>();
      List<Block> blocks = new ArrayList<>();
      for (int b = 0; b < 2; b++) {
        NodeSplit s = split[b];
        List<Value> reached = captured.stream().filter(v -> s.cotangent(v) != null).toList();
        ends.add(reached);
        rows.add(deferred ? s.handedOn() : List.of());
        blocks.add(wayBack(b, rows.get(b), deferred ? List.of() : reached));
      }
      List<Value> out =
          e.addAll(
              new TreeUnfold(rows.get(0).size(), rows.get(1).size(), op.form()), operands, blocks);
      for (int k = 0; k < floats.size(); k++) {
        Value of = init.get(floats.get(k));
        if (walk.wants(of)) {
          walk.add(of, out.get(k));
        }
      }
      int at = floats.size();
      for (List<Value> r : rows) {
        for (Value v : r) {
          tables.put(v, out.get(at++));
        }
      }
      for (int b = 0; b < 2; b++) {
        List<Value> to = ends.get(b);
        List<Value> sums = deferred ? after(b, to) : out.subList(at, at + to.size());
        for (int k = 0; k < to.size(); k++) {
          walk.add(to.get(k), sums.get(k));
        }
        at += sums.size();
      }
      return ends.stream().flatMap(List::stream).collect(Collectors.toSet()).containsAll(captured);
    }

    private Block wayBack(int b, List<Value> rows, List<Value> terms) {
      NodeSplit s = split[b];
      List<Value> given = s.params().subList(1, s.params().size());
      List<Value> wanted = new ArrayList<>();
      for (Value p : given) {
        if (p.type().dtype().isFloat()) {
          Value c = s.cotangent(p);
          wanted.add(c == null ? e.zeros(p.type()) : c);
        }
      }
      wanted.addAll(rows);
      terms.forEach(v -> wanted.add(s.cotangent(v)));
      return s.part(e, false, true, this::load, wanted);
    }

    /// The sums of what all nodes of a kind give to captured values.
    private List<Value> after(int b, List<Value> reached) {
      if (reached.isEmpty()) {
        return List.of();
      }
      NodeSplit s = split[b];
      List<Value> wanted = reached.stream().map(s::cotangent).map(Trees::present).toList();
      Block block = s.part(e, true, false, this::load, wanted);
      Value inner = element(tree.starts(), e.fill(Type.of(DType.I32), 1));
      Value from = b == 0 ? e.fill(Type.of(DType.I32), 0) : inner;
      Value to = b == 0 ? inner : element(tree.starts(), tree.levels());
      return e.addAll(new NodeSum(op.form()), List.of(tree.order(), from, to), List.of(block));
    }

    private Value element(Value table, Value at) {
      return e.add(new MoveOp.Gather(), table, at);
    }

    /// Sees to it that there is a table for each residual: replaces the fold by a twin that leaves
    /// more rows, unless what it leaves is enough.
    private void keep() {
      List<List<Value>> more = new ArrayList<>();
      for (NodeSplit s : split) {
        more.add(
            s.residuals().stream()
                .filter(v -> !s.params().contains(v) && !s.results().contains(v))
                .toList());
      }
      TreeFold twin =
          new TreeFold(
              op.leafRows() + more.get(0).size(), op.innerRows() + more.get(1).size(), op.form());
      List<Block> blocks = List.of(split[0].twin(more.get(0)), split[1].twin(more.get(1)));
      if (!more.get(0).isEmpty() || !more.get(1).isEmpty()) {
        List<Type> types = twin.infer(node.operands().stream().map(Value::type).toList(), blocks);
        int leaves = init.size() + op.leafRows();
        List<Value> results = new ArrayList<>(node.results());
        for (int k = 0; k < more.get(0).size(); k++) {
          results.add(leaves + k, e.parameter(types.get(leaves + k)));
        }
        for (int k = results.size(); k < types.size(); k++) {
          results.add(e.parameter(types.get(k)));
        }
        Node old = node;
        node = new Node(twin, old.operands(), results, blocks, old.origin());
        walk.forward().replace(old, List.of(node));
      }
      for (int b = 0; b < 2; b++) {
        List<Value> made = new ArrayList<>(split[b].results());
        made.addAll(more.get(b));
        for (int k = 0; k < made.size(); k++) {
          int skip = b == 0 || k < init.size() ? 0 : twin.leafRows();
          tables.putIfAbsent(made.get(k), node.results().get(k + skip));
        }
      }
    }

    /// Reads a row of a node: its own table's, or a child's state.
    private Value load(Emit g, Value i, Value row) {
      Value table = tables.get(row);
      if (table != null) {
        return g.add(new MoveOp.Gather(), table, i);
      }
      int p = split[1].params().indexOf(row) - 1;
      if (p < 0) {
        throw new AssertionError(row + " of " + node + " has no table");
      }
      int k = p % init.size();
      Value side = p < init.size() ? tree.left() : tree.right();
      Value child = g.add(new MoveOp.Gather(), side, i);
      Type whole = child.type();
      Value missing = g.map(Primitive.LT, child, g.fill(whole, 0));
      Value at = g.select(missing, g.fill(whole, tree.nodes()), child);
      return g.add(new MoveOp.Gather(), withInit(k), at);
    }

    private Value withInit(int k) {
      return extended.computeIfAbsent(
          k,
          q -> {
            List<Extent> one = new ArrayList<>(List.of(Extent.of(1)));
            one.addAll(init.get(q).type().extents());
            return e.add(new MoveOp.Concat(0), node.results().get(q), e.reshape(init.get(q), one));
          });
    }
  }

  private static Value present(@Nullable Value v) {
    if (v == null) {
      throw new AssertionError("a cotangent that was found is missing");
    }
    return v;
  }
}
