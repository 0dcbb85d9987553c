package dev.retrograde.train;

import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Loss;
import dev.retrograde.nn.Losses;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;

/// One label a sample: inputs `x: f32 [batch, sample...]` and `labels: i32 [batch]`.
///
/// @param model ends in logits `[batch, classes]`
/// @param sample extents of one sample, such as `[h, w, c]`
public record Classification(Layer model, Loss loss, List<Integer> sample) implements Objective {
  static final String X = "x";
  static final String LABELS = "labels";

  public Classification {
    sample = List.copyOf(sample);
  }

  @Override
  public String spec() {
    return loss.spec();
  }

  @Override
  public int units(int batch) {
    return batch;
  }

  /// The type of a batch of samples.
  public Type input(int batch) {
    int[] dims = new int[sample.size() + 1];
    dims[0] = batch;
    for (int i = 0; i < sample.size(); i++) {
      dims[i + 1] = sample.get(i);
    }
    return Type.of(DType.F32, dims);
  }

  @Override
  public Answer answer(Trace t, int batch) {
    Tensor x = t.input(X, input(batch));
    Tensor labels = t.input(LABELS, Type.of(DType.I32, batch));
    return new Rows(model.apply(t, x), labels, loss);
  }

  /// Rows of logits with a label each.
  record Rows(Tensor logits, Tensor labels, Loss loss) implements Answer {
    @Override
    public Tensor losses(Trace t) {
      return loss.perSample(t, logits, labels);
    }

    @Override
    public Tensor correct(Trace t) {
      return Losses.correct(t, logits, labels);
    }
  }
}
