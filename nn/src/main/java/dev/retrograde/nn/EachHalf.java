package dev.retrograde.nn;

import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// One layer on each half of the channels, below `half0` and `half1` with parameters of its own,
/// and the results joined along their last axis.
record EachHalf(Layer each, String line) implements Layer {
  @Override
  public String kind() {
    return "eachHalf";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    Halves h = Halves.of(t, x, kind(), line);
    Tensor first = t.scope("half0", () -> each.apply(t, h.first()));
    Tensor second = t.scope("half1", () -> each.apply(t, h.second()));
    return new Halves(first, second).join(t);
  }
}
