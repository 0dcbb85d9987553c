package dev.retrograde.lab.suite;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Loss;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.recurrent.BinaryTreeLstm;
import dev.retrograde.nn.recurrent.TreeInput;
import dev.retrograde.nn.recurrent.TreeState;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Callable;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import dev.retrograde.train.Objective;
import java.util.List;

/// A TreeLSTM with a label at every node, written as a function of the program that calls itself:
/// from a node's number to its h, its c and the loss of all nodes below and at it. Whether a node
/// is a leaf is an `If` inside the function.
///
/// Asks the same of the same inputs and parameters as [dev.retrograde.train.TreeLabels] with a
/// [dev.retrograde.nn.recurrent.TreeLstm], which fold the tree instead; the two differ by
/// roundings.
///
/// @param cell what a node computes
/// @param words from codes to vectors
/// @param head from `[1, hidden]` to logits `[1, classes]`
/// @param dtype of the word vectors, and so of everything else
/// @param room nodes that the inputs have room for
record FunctionTree(BinaryTreeLstm cell, Layer words, Layer head, DType dtype, Loss loss, int room)
    implements Objective {
  private static final Type WHOLE = Type.of(DType.I32);

  @Override
  public String spec() {
    return loss.spec();
  }

  @Override
  public int units(int batch) {
    return batch;
  }

  @Override
  public Answer answer(Trace t, int batch) {
    Tensor tree = t.input("tree", Type.of(DType.I32, 1, TreeInput.ROWS, room + 1));
    Tensor score = t.input("score", Type.of(DType.I32, 1, room));
    t.input("nodes", Type.of(DType.I32, 1));
    Tensor first = t.constant(DType.I32, 0);
    List<Tensor> root = node(t, tree, score).call(first);
    return new Root(logits(t, root.get(0)), label(t, score, first), root.get(2));
  }

  private Callable node(Trace t, Tensor tree, Tensor score) {
    Control c = new Control(t);
    Type part = Type.of(dtype, cell.hidden());
    Callable node = c.function("node", false, List.of(WHOLE), List.of(part, part, Type.of(dtype)));
    return node.define(p -> {
      Tensor i = p.get(0);
      Tensor left = at(t, tree, 0, i);
      List<Tensor> state =
          c.cond(
              t.less(left, t.constant(DType.I32, 0)),
              () -> leaf(t, at(t, tree, 4, i)),
              () -> inner(t, node.call(left), node.call(at(t, tree, 1, i))));
      Tensor own = t.sum(loss.perSample(t, logits(t, state.get(0)), label(t, score, i)));
      return List.of(state.get(0), state.get(1), t.add(state.get(2), own));
    });
  }

  private List<Tensor> leaf(Trace t, Tensor code) {
    TreeState s =
        t.scope("tree", () -> cell.leaf(t, t.<Tensor>scope("words", () -> words.apply(t, code))));
    return List.of(s.h(), s.c(), t.constant(dtype, 0));
  }

  private List<Tensor> inner(Trace t, List<Tensor> left, List<Tensor> right) {
    TreeState s = t.scope("tree", () -> cell.inner(t, TreeState.of(left), TreeState.of(right)));
    return List.of(s.h(), s.c(), t.add(left.get(2), right.get(2)));
  }

  private Tensor logits(Trace t, Tensor h) {
    return t.scope("fc", () -> head.apply(t, t.reshape(h, 1, cell.hidden())));
  }

  private static Tensor label(Trace t, Tensor score, Tensor i) {
    Tensor all = t.reshape(score, score.dim(1));
    return t.reshape(t.op(new MoveOp.Gather(), all, i), 1);
  }

  /// Element i of a row of a packed tree.
  private Tensor at(Trace t, Tensor tree, int row, Tensor i) {
    Tensor all = t.reshape(tree, TreeInput.ROWS * (room + 1));
    return t.op(new MoveOp.Gather(), all, t.add(i, row * (room + 1)));
  }

  private record Root(Tensor logits, Tensor label, Tensor sum) implements Answer {
    @Override
    public Tensor losses(Trace t) {
      return t.reshape(sum, 1);
    }

    @Override
    public Tensor correct(Trace t) {
      return Losses.correct(t, logits, label);
    }
  }
}
