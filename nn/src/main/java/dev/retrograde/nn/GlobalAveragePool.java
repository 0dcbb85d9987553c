package dev.retrograde.nn;

import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// The mean of each channel over the whole image: `[n, h, w, c]` to `[n, c]`.
record GlobalAveragePool(String line) implements Layer {
  @Override
  public String kind() {
    return "globalAveragePool";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    if (x.rank() != 4) {
      throw Site.misfit(t, kind(), line, "images [n, h, w, c]", x, "Put it before flatten().");
    }
    return t.mean(x, 1, 2);
  }
}
