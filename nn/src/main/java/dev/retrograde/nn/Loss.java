package dev.retrograde.nn;

import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// What training lowers: one number a sample, averaged over the batch.
public interface Loss {
  /// The name in a run's record.
  String spec();

  /// @param output of the model, `[batch, ...]`
  /// @param targets `i32 [batch]` for classes, or numbers of the output's shape
  /// @return `[batch]`
  Tensor perSample(Trace t, Tensor output, Tensor targets);

  /// The mean over the batch: a scalar.
  default Tensor mean(Trace t, Tensor output, Tensor targets) {
    return t.mean(perSample(t, output, targets));
  }
}
