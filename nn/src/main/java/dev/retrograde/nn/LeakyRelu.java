package dev.retrograde.nn;

import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// `x` above 0, `slope x` elsewhere (Maas et al., "Rectifier nonlinearities improve neural network
/// acoustic models", 2013).
///
/// @param slope usually small, such as 0.01; finite
record LeakyRelu(double slope) implements Layer {
  LeakyRelu {
    if (!Double.isFinite(slope)) {
      throw new IllegalArgumentException("leakyRelu: expected a finite slope, found " + slope);
    }
  }

  @Override
  public String kind() {
    return "leakyRelu";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    return t.select(t.less(t.constant(x.dtype(), 0), x), x, t.mul(x, slope));
  }
}
