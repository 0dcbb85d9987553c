package dev.retrograde.nn;

import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// In training each element is 0 with probability `rate`, and the others are divided by `1 - rate`;
/// elsewhere the identity (Srivastava et al., "Dropout", JMLR 2014). The mask comes from the step's
/// random key, so recomputation draws the same one. Backward keeps the mask only.
///
/// @param rate at least 0 and below 1
public record Dropout(double rate) implements Layer {
  public Dropout {
    if (!(rate >= 0 && rate < 1)) {
      throw new IllegalArgumentException(
          "dropout: expected a rate of at least 0 and below 1, found " + rate);
    }
  }

  @Override
  public String kind() {
    return "dropout";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    if (!t.training() || rate == 0) {
      return x;
    }
    Tensor draw = t.uniform(x.type().extents());
    Tensor dropped = t.less(draw, t.constant(draw.dtype(), rate));
    return t.select(dropped, t.constant(x.dtype(), 0), t.mul(x, 1 / (1 - rate)));
  }
}
