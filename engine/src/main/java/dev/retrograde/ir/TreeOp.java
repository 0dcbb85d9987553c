package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Walks over a binary tree that is data: from the leaves to the root, and back.
///
/// A tree is five operands, [Shape]: `left` and `right` (i32[n], -1 for no child; node 0 is the
/// root), `order` (i32[n]: nodes by height, leaves first), `starts` (i32[h + 1]: where in `order`
/// each height begins) and `levels` (i32 scalar: how many heights there are). [TreeLevels] makes
/// the last three. There may be fewer nodes than n.
///
/// Nodes of one height do not need each other, so the blocks are pure and may run for all of them
/// at once. How they are run is a choice that comes with the op, [Form]; it moves roundings, not
/// meaning. `pass/TreeLoops` writes these ops as loops.
public sealed interface TreeOp extends Op {
  /// Why reverse mode does not go through the way back.
  String ONCE =
      "reverse mode through the way back of a tree is not there; take forward mode over reverse mode,"
          + " as a Hessian-vector product does";

  /// How the op is run.
  Form form();

  /// How nodes are run.
  ///
  /// @param batched all nodes of a height at once, padded to one of the `widths`; else one by one
  /// @param deferred what needs no order is done in one go: leaves, and gradients of what the
  ///   blocks capture, which are summed after the way back from rows kept on it; else the latter
  ///   are added up on the way
  /// @param widths the numbers of nodes for which code is made, ascending; those above the most
  ///   nodes that there can be are left out, and that is added
  record Form(boolean batched, boolean deferred, List<Integer> widths) {
    public Form {
      widths = List.copyOf(widths);
      for (int i = 0; i < widths.size(); i++) {
        if (widths.get(i) <= (i == 0 ? 0 : widths.get(i - 1))) {
          throw new IllegalArgumentException("widths are positive and ascend, found " + widths);
        }
      }
      if (widths.isEmpty()) {
        throw new IllegalArgumentException("a form has at least one width");
      }
    }

    /// By height and deferred, in widths that are powers of two. Widths between them leave fewer
    /// lanes idle, but each is code of its own to compile.
    public static Form standard() {
      return new Form(true, true, List.of(1, 2, 4, 8, 16, 32, 64, 128));
    }

    /// Node by node, gradients added up on the way.
    public static Form plain() {
      return new Form(false, false, List.of(1));
    }
  }

  /// The operands that say what the tree is.
  record Shape(Value left, Value right, Value order, Value starts, Value levels) {
    public static final int OPERANDS = 5;

    public static Shape of(Node n) {
      List<Value> in = n.operands();
      return new Shape(in.get(0), in.get(1), in.get(2), in.get(3), in.get(4));
    }

    public List<Value> operands() {
      return List.of(left, right, order, starts, levels);
    }

    /// Nodes that there is room for.
    public int nodes() {
      return left.type().dim(0);
    }

    /// Heights that there is room for.
    public int heights() {
      return starts.type().dim(0) - 1;
    }

    static void check(List<Type> in) {
      Type node = in.isEmpty() ? Type.of(DType.I32) : in.get(0);
      boolean fits =
          in.size() >= OPERANDS
              && node.dtype() == DType.I32
              && node.rank() == 1
              && !node.ragged()
              && node.dim(0) > 0
              && in.get(1).equals(node)
              && in.get(2).equals(node)
              && in.get(3).dtype() == DType.I32
              && in.get(3).rank() == 1
              && !in.get(3).ragged()
              && in.get(3).dim(0) > 1
              && in.get(4).equals(Type.of(DType.I32));
      if (!fits) {
        throw new IllegalArgumentException(
            "a tree is left i32[n], right i32[n], order i32[n], starts i32[heights + 1] and levels"
                + " i32[] with n and heights at least 1, found "
                + in);
      }
    }
  }

  @Override
  default List<Type> infer(List<Type> operands) {
    throw new IllegalArgumentException("its nested blocks are missing");
  }

  @Override
  default List<HostTensor> eval(List<HostTensor> operands, List<Type> results) {
    throw new AssertionError(name() + " is run by its target, block by block");
  }

  @Override
  default List<@Nullable Value> vjp(
      Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
    throw new AssertionError(name() + " is differentiated by reverse mode itself");
  }

  @Override
  default List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
    throw new AssertionError(name() + " is differentiated by forward mode itself");
  }

  /// From the leaves to the root (specs: TREE). Operands `[tree, init...]`; the block for leaves is
  /// `(i) -> state..., row...`, that for inner nodes `(i, left state..., right state...) ->
  /// state..., row...`, where i is the node's number and the state of a missing child is `init`.
  /// The two blocks may return different rows.
  ///
  /// Results: for each state a table `[n, s...]`, then for each row of a leaf, then for each row of
  /// an inner node one. Rows of tables that no node writes are zero.
  ///
  /// @param leafRows how many rows a leaf returns beside its state; likewise `innerRows`
  record TreeFold(int leafRows, int innerRows, Form form) implements TreeOp {
    @Override
    public List<Type> infer(List<Type> in, List<Block> blocks) {
      Shape.check(in);
      ControlOp.Control.count(blocks, 2);
      List<Type> init = in.subList(Shape.OPERANDS, in.size());
      List<Type> leaf =
          Trees.results("a leaf", blocks, 0, Trees.params(List.of()), init.size() + leafRows);
      List<Type> two = new ArrayList<>(init);
      two.addAll(init);
      List<Type> inner =
          Trees.results("an inner node", blocks, 1, Trees.params(two), init.size() + innerRows);
      ControlOp.Control.types("states of a leaf", init, leaf.subList(0, init.size()));
      ControlOp.Control.types("states of an inner node", init, inner.subList(0, init.size()));
      List<Type> out = new ArrayList<>(leaf);
      out.addAll(inner.subList(init.size(), inner.size()));
      return out.stream().map(t -> Trees.table(t, in.get(0))).toList();
    }

    /// How many values a node's state is.
    public int states(Node n) {
      return n.operands().size() - Shape.OPERANDS;
    }
  }

  /// From the root to the leaves: the way back of a fold. Operands `[tree, table...]` with a table
  /// `[n, s...]` for each state; what a node starts from is its row plus what its parent gives. The
  /// block for leaves is `(i, state...) -> row..., term...`, that for inner nodes `(i, state...) ->
  /// to left..., to right..., row..., term...`.
  ///
  /// Results: for each state the sum of what was given to missing children, `[s...]`; tables of the
  /// leaves' rows, then of the inner nodes'; the sums of the leaves' terms over all of them, then
  /// of the inner nodes'.
  ///
  /// @param leafRows how many rows a leaf returns; the rest are terms. Likewise `innerRows`
  record TreeUnfold(int leafRows, int innerRows, Form form) implements TreeOp {
    @Override
    public List<Type> infer(List<Type> in, List<Block> blocks) {
      Shape.check(in);
      ControlOp.Control.count(blocks, 2);
      List<Type> states = new ArrayList<>();
      for (Type t : in.subList(Shape.OPERANDS, in.size())) {
        if (t.rank() < 1 || !t.extents().get(0).equals(in.get(0).extents().get(0))) {
          throw new IllegalArgumentException(t + " has no row for each node of " + in.get(0));
        }
        states.add(t.without(List.of(0)));
      }
      int k = states.size();
      List<Type> leaf = Trees.results("a leaf", blocks, 0, Trees.params(states), -1);
      List<Type> inner = Trees.results("an inner node", blocks, 1, Trees.params(states), -1);
      if (leaf.size() < leafRows || inner.size() < 2 * k + innerRows) {
        throw new IllegalArgumentException(
            "a leaf returns " + leaf + " and an inner node " + inner + ", which is too few");
      }
      ControlOp.Control.types("what goes to the left", states, inner.subList(0, k));
      ControlOp.Control.types("what goes to the right", states, inner.subList(k, 2 * k));
      List<Type> out = new ArrayList<>(states);
      leaf.subList(0, leafRows).forEach(t -> out.add(Trees.table(t, in.get(0))));
      inner.subList(2 * k, 2 * k + innerRows).forEach(t -> out.add(Trees.table(t, in.get(0))));
      out.addAll(leaf.subList(leafRows, leaf.size()));
      out.addAll(inner.subList(2 * k + innerRows, inner.size()));
      return out;
    }

    public int states(Node n) {
      return n.operands().size() - Shape.OPERANDS;
    }
  }

  /// Sums over nodes: operands `[nodes, from, to]` with nodes i32[n] and two i32 scalars; block
  /// `(i) -> term...` for i from `nodes[from]` to `nodes[to - 1]`, results the sums of the terms.
  record NodeSum(Form form) implements TreeOp {
    @Override
    public List<Type> infer(List<Type> in, List<Block> blocks) {
      Type whole = Type.of(DType.I32);
      if (in.size() != 3
          || in.get(0).rank() != 1
          || in.get(0).ragged()
          || in.get(0).dtype() != DType.I32
          || !in.get(1).equals(whole)
          || !in.get(2).equals(whole)) {
        throw new IllegalArgumentException(
            "expected nodes i32[n] and two i32 scalars, from and to, found " + in);
      }
      ControlOp.Control.count(blocks, 1);
      return Trees.results("a node", blocks, 0, Trees.params(List.of()), -1);
    }
  }

  /// What the tree ops share.
  final class Trees {
    private Trees() {}

    static List<Type> params(List<Type> states) {
      List<Type> all = new ArrayList<>(List.of(Type.of(DType.I32)));
      all.addAll(states);
      return all;
    }

    /// Result types of a block, which must have these parameters and, unless negative, this many
    /// results.
    static List<Type> results(
        String what, List<Block> blocks, int which, List<Type> params, int count) {
      if (which >= blocks.size()) {
        throw new IllegalArgumentException("the block for " + what + " is missing");
      }
      Block b = blocks.get(which);
      ControlOp.Control.types(
          "parameters of the block for " + what, params, ControlOp.Control.of(b.params()));
      List<Type> out = ControlOp.Control.of(b.results());
      if (count >= 0 && out.size() != count) {
        throw new IllegalArgumentException(
            "the block for " + what + " returns " + out.size() + " values, expected " + count);
      }
      if (out.stream().anyMatch(t -> t.ragged() || t.dtype() == DType.FRAME)) {
        throw new IllegalArgumentException(
            "the block for " + what + " returns " + out + "; tensors of known size are expected");
      }
      return out;
    }

    static Type table(Type row, Type nodes) {
      List<Extent> e = new ArrayList<>(nodes.extents());
      e.addAll(row.extents());
      return row.with(e);
    }
  }
}
