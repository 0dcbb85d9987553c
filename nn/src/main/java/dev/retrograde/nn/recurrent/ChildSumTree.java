package dev.retrograde.nn.recurrent;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import dev.retrograde.trace.TreeControl;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A child-sum TreeLSTM over trees whose nodes have any number of children and a word each (Tai,
/// Socher and Manning, ACL 2015, section 3.1, equations 2 to 8): from a [SiblingTreeInput] to h of
/// every node, `[n, hidden]`. Row 0 is the root's; rows of nodes that the tree does not have are
/// zero.
///
/// It is a fold over the binary tree of first children and next siblings. A node gives, beside its
/// own h, what its parent sums (equations 2 and 7): h, and `f c` with its forget gate (equation 4),
/// each added to what its next sibling gives. The forget gate reads the input of the parent, whose
/// number comes with the tree. So the sums of a node's children arrive from its first child, and
/// there is a product per node and not per pair of nodes. Inputs of all nodes are multiplied at
/// once before the walk.
///
/// Departs from the paper in nothing but the order in which children are added: from the last
/// sibling to the first, the lowest subtree first.
///
/// Parameters as [ChildSumTreeLstm] says, and those of `words` under `words`.
///
/// @param cell what a node computes
/// @param words from codes to vectors
/// @param form how nodes are run: all of a height at once unless told otherwise
public record ChildSumTree(ChildSumTreeLstm cell, Layer words, TreeOp.Form form) implements Layer {
  /// The same with nodes run in another way; results differ by roundings.
  public ChildSumTree form(TreeOp.Form other) {
    return new ChildSumTree(cell, words, other);
  }

  @Override
  public String kind() {
    return "child-sum-tree-lstm";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    SiblingTreeInput in = SiblingTreeInput.of(t, kind(), x);
    Tensor vectors = t.scope("words", () -> words.apply(t, in.binary().words()));
    ChildSumTreeLstm.Inputs inputs = cell.inputs(t, vectors);
    Tensor none = t.zeros(Type.of(vectors.dtype(), cell.hidden()));
    return new TreeControl(t, form)
        .fold(
            in.binary().tree(),
            List.of(none, none, none),
            i -> node(t, in, inputs, i, null, null),
            (i, children, siblings) -> node(t, in, inputs, i, sums(children), sums(siblings)))
        .get(0);
  }

  private static TreeState sums(List<Tensor> state) {
    return new TreeState(state.get(1), state.get(2));
  }

  /// h of a node, then the sums over it and its later siblings that their parent reads.
  private List<Tensor> node(
      Trace t,
      SiblingTreeInput in,
      ChildSumTreeLstm.Inputs inputs,
      Tensor i,
      @Nullable TreeState children,
      @Nullable TreeState siblings) {
    TreeState own = cell.summed(t, t.op(new MoveOp.Gather(), inputs.gates(), i), children);
    Tensor parent = t.op(new MoveOp.Gather(), in.parents(), i);
    Tensor above = t.op(new MoveOp.Gather(), inputs.forget(), parent);
    Tensor kept = t.mul(cell.forget(t, above, own.h()), own.c());
    return siblings == null
        ? List.of(own.h(), own.h(), kept)
        : List.of(own.h(), t.add(siblings.h(), own.h()), t.add(siblings.c(), kept));
  }
}
