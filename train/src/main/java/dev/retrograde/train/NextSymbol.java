package dev.retrograde.train;

import dev.retrograde.data.load.TextCuts;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Loss;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;

/// The next symbol at every place of a piece of text: input `codes: i32 [batch, length + 1]`, of
/// which the model reads all but the last and is to predict all but the first.
///
/// @param model from codes `i32 [batch, length]` to logits `[batch * length, symbols]`, sample by
///   sample, or `[batch, length, symbols]`
/// @param length steps of a piece
public record NextSymbol(Layer model, Loss loss, int length) implements Objective {
  @Override
  public String spec() {
    return loss.spec();
  }

  @Override
  public int units(int batch) {
    return batch * length;
  }

  @Override
  public Answer answer(Trace t, int batch) {
    Tensor codes = t.input(TextCuts.CODES, Type.of(DType.I32, batch, length + 1));
    Tensor logits = model.apply(t, columns(t, codes, 0));
    int symbols = logits.dim(logits.rank() - 1);
    Tensor targets = t.reshape(columns(t, codes, 1), batch * length);
    return new Classification.Rows(t.reshape(logits, batch * length, symbols), targets, loss);
  }

  private Tensor columns(Trace t, Tensor codes, int from) {
    List<Integer> sizes = List.of(codes.dim(0), length);
    return t.op(new MoveOp.Slice(List.of(0, from), sizes, List.of(1, 1)), codes);
  }
}
