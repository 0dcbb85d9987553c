package dev.retrograde.nn;

import dev.retrograde.ir.Extent;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// Each sample as one row: `[n, ...]` to `[n, features]`.
record Flatten() implements Layer {
  @Override
  public String kind() {
    return "flatten";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    if (x.rank() == 2) {
      return x;
    }
    int features = 1;
    for (Extent e : x.type().extents().subList(1, x.rank())) {
      features = Math.multiplyExact(features, e.capacity());
    }
    return t.reshape(x, x.dim(0), features);
  }
}
