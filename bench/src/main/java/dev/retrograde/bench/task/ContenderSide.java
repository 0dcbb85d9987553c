package dev.retrograde.bench.task;

import dev.retrograde.bench.timing.Side;
import java.util.Map;

/// A contender's training step as one side of a paired timing: every timed stretch starts from the
/// same parameters.
///
/// @param contender borrowed; its inputs are set already
/// @param first the parameters each stretch starts from
public record ContenderSide(Contender contender, Map<String, float[]> first) implements Side {
  @Override
  public void prepare() {
    contender.setParameters(first);
  }

  @Override
  public void run() {
    float loss = contender.step();
    if (Float.isNaN(loss)) {
      throw new IllegalStateException(
          contender.name() + ": the loss is NaN while timing; lower the learning rate");
    }
  }
}
