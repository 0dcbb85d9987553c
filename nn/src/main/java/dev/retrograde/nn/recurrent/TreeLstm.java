package dev.retrograde.nn.recurrent;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import dev.retrograde.trace.TreeControl;
import java.util.List;

/// A TreeLSTM over a binary tree with words at its leaves (Tai, Socher and Manning, ACL 2015): from
/// a [TreeInput] to h of every node, `[n, hidden]`. Row 0 is the root's; rows of nodes that the
/// tree does not have are zero.
///
/// Parameters as [BinaryTreeLstm] says, and those of `words` under `words`.
///
/// @param cell what a node computes
/// @param words from codes to vectors
/// @param form how nodes are run: all of a height at once unless told otherwise
public record TreeLstm(BinaryTreeLstm cell, Layer words, TreeOp.Form form) implements Layer {
  /// The same with nodes run in another way; results differ by roundings.
  public TreeLstm form(TreeOp.Form other) {
    return new TreeLstm(cell, words, other);
  }

  @Override
  public String kind() {
    return "tree-lstm";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    TreeInput in = TreeInput.of(t, kind(), x);
    Tensor vectors = t.scope("words", () -> words.apply(t, in.words()));
    Tensor none = t.zeros(Type.of(vectors.dtype(), cell.hidden()));
    return new TreeControl(t, form)
        .fold(
            in.tree(),
            List.of(none, none),
            i -> cell.leaf(t, t.op(new MoveOp.Gather(), vectors, i)).parts(),
            (i, left, right) -> cell.inner(t, TreeState.of(left), TreeState.of(right)).parts())
        .get(0);
  }
}
