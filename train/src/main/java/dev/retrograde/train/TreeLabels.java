package dev.retrograde.train;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Loss;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.recurrent.TreeInput;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;

/// A label at every node of a tree: the loss of a tree is the sum over its nodes, and a tree counts
/// as right when its root does. Inputs, for one tree at a time: `tree`, a [TreeInput], `score: i32
/// [1, nodes]` and `nodes: i32 [1]`, how many there are.
///
/// @param model from a [TreeInput] to logits `[nodes, classes]`
/// @param room nodes that there is room for
public record TreeLabels(Layer model, Loss loss, int room) implements Objective {
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
    if (batch != 1) {
      throw new IllegalArgumentException(
          "trees are taken one at a time; expected a batch of 1, found " + batch);
    }
    Tensor tree = t.input(PackedTrees.TREE, Type.of(DType.I32, 1, TreeInput.ROWS, room + 1));
    Tensor score = t.reshape(t.input(PackedTrees.SCORE, Type.of(DType.I32, 1, room)), room);
    Tensor nodes = t.reshape(t.input(PackedTrees.NODES, Type.of(DType.I32, 1)));
    return new Nodes(model.apply(t, tree), score, nodes, loss);
  }

  private record Nodes(Tensor logits, Tensor score, Tensor nodes, Loss loss) implements Answer {
    @Override
    public Tensor losses(Trace t) {
      Tensor each = loss.perSample(t, logits, score);
      Tensor number = t.op(new MoveOp.Iota(score.type(), 0));
      Tensor none = t.constant(each.dtype(), 0);
      return t.reshape(t.sum(t.select(t.less(number, nodes), each, none)), 1);
    }

    @Override
    public Tensor correct(Trace t) {
      Tensor root =
          t.op(new MoveOp.Slice(List.of(0, 0), List.of(1, logits.dim(1)), List.of(1, 1)), logits);
      Tensor label = t.op(new MoveOp.Slice(List.of(0), List.of(1), List.of(1)), score);
      return Losses.correct(t, root, label);
    }
  }
}
