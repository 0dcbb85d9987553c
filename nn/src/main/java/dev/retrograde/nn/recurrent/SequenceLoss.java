package dev.retrograde.nn.recurrent;

import dev.retrograde.ir.ShapeException;
import dev.retrograde.nn.Loss;
import dev.retrograde.nn.Losses;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import org.jspecify.annotations.Nullable;

/// Softmax cross-entropy at every step: logits `[batch, time, classes]` with class numbers `i32
/// [batch, time]`, averaged over the steps of each sequence.
public record SequenceLoss() implements Loss {
  @Override
  public String spec() {
    return "sequence-cross-entropy";
  }

  @Override
  public Tensor perSample(Trace t, Tensor output, Tensor targets) {
    return perSample(t, output, targets, null);
  }

  /// The mean over the first `lengths: i32 [batch]` steps of each sequence; what stands in targets
  /// past them does not matter.
  ///
  /// @return `[batch]`
  public Tensor perSample(Trace t, Tensor output, Tensor targets, @Nullable Tensor lengths) {
    Tensor steps = perStep(t, output, targets);
    return lengths == null ? t.mean(steps, 1) : Lengths.mean(t, steps, lengths);
  }

  /// The loss of each step, `[batch, time]`.
  public Tensor perStep(Trace t, Tensor output, Tensor targets) {
    if (output.rank() != 3
        || targets.rank() != 2
        || targets.dtype() != DType.I32
        || targets.dim(0) != output.dim(0)
        || targets.dim(1) != output.dim(1)) {
      throw new ShapeException(
          "sequence cross-entropy '"
              + t.path()
              + "': expected logits [batch, time, classes] and targets i32 [batch, time], found "
              + output.type()
              + " and "
              + targets.type()
              + "\n  End the model with dense(classes) over all steps.");
    }
    int batch = output.dim(0);
    int time = output.dim(1);
    Tensor rows = t.reshape(output, batch * time, output.dim(2));
    Tensor losses = Losses.crossEntropy().perSample(t, rows, t.reshape(targets, batch * time));
    return t.reshape(losses, batch, time);
  }
}
