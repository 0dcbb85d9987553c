package dev.retrograde.nn;

import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// A layer under a name of its own: one segment of the layer path.
///
/// @param name letters, digits, `_` and `-`
record Named(String name, Layer layer) implements Layer {
  Named {
    if (!name.matches("[A-Za-z0-9_-]+")) {
      throw new IllegalArgumentException(
          "a layer's name has letters, digits, '_' and '-', found '" + name + "'");
    }
  }

  @Override
  public String kind() {
    return name;
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    return t.scope(name, () -> layer.apply(t, x));
  }
}
