package dev.retrograde.trace;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Recursion over binary trees that are data: a fold from the leaves to the root.
///
/// Bodies are Java functions that trace, as those of [Control]. A node's body may use anything made
/// before the fold; what belongs to the node alone it picks by the node's number, such as its row
/// of a table of words.
public final class TreeControl {
  private final Trace t;
  private final TreeOp.Form form;

  /// @param form how nodes are run, such as [TreeOp.Form#standard]
  public TreeControl(Trace t, TreeOp.Form form) {
    this.t = t;
    this.form = form;
  }

  /// A tree in a program.
  ///
  /// @param left number of the left child of each node, -1 for none, i32[n]; likewise `right`
  /// @param order nodes by height, i32[n], as [dev.retrograde.ir.TreeLevels] gives it; likewise
  ///   `starts`, i32[heights + 1], and `levels`, an i32 scalar
  public record Tree(Tensor left, Tensor right, Tensor order, Tensor starts, Tensor levels) {
    /// Inputs `name.left`, `name.right` and so on.
    ///
    /// @param nodes room for nodes
    /// @param heights room for heights
    public static Tree input(Trace t, String name, int nodes, int heights) {
      Type each = Type.of(DType.I32, nodes);
      return new Tree(
          t.input(name + ".left", each),
          t.input(name + ".right", each),
          t.input(name + ".order", each),
          t.input(name + ".starts", Type.of(DType.I32, heights + 1)),
          t.input(name + ".levels", Type.of(DType.I32)));
    }
  }

  /// What a node with children computes.
  @FunctionalInterface
  public interface Inner {
    /// @param i the node's number, an i32 scalar
    /// @param left state of the left child, or what stands for a missing one; likewise `right`
    List<Tensor> run(Tensor i, List<Tensor> left, List<Tensor> right);
  }

  /// The states of all nodes: for each value of the state a table `[n, s...]` with a row for each
  /// node, zeros where there is none. Row 0 is the root's.
  ///
  /// @param init state of a missing child of an inner node
  /// @param leaf from the number of a node without children to its state
  public List<Tensor> fold(
      Tree tree, List<Tensor> init, Function<Tensor, List<Tensor>> leaf, Inner inner) {
    Control c = new Control(t);
    Type whole = Type.of(DType.I32);
    List<Type> states = init.stream().map(Tensor::type).toList();
    int k = states.size();
    Block first = c.block(List.of(whole), p -> leaf.apply(p.get(0)));
    List<Type> params = new ArrayList<>(List.of(whole));
    params.addAll(states);
    params.addAll(states);
    Block second =
        c.block(params, p -> inner.run(p.get(0), p.subList(1, k + 1), p.subList(k + 1, 2 * k + 1)));
    List<Tensor> operands =
        new ArrayList<>(
            List.of(tree.left(), tree.right(), tree.order(), tree.starts(), tree.levels()));
    operands.addAll(init);
    return c.add(new TreeOp.TreeFold(0, 0, form), operands, first, second);
  }

  /// The same with one body for all nodes: a leaf is a node whose children are both missing.
  public List<Tensor> fold(Tree tree, List<Tensor> init, Inner body) {
    return fold(tree, init, i -> body.run(i, init, init), body);
  }
}
