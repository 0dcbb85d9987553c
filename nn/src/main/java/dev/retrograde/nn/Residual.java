package dev.retrograde.nn;

import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// `branch(x) + shortcut(x)`. The branch stands at the path of the whole, the shortcut below
/// `shortcut`.
record Residual(Layer branch, Layer shortcut, String line) implements Layer {
  @Override
  public String kind() {
    return "residual";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    Tensor y = branch.apply(t, x);
    Tensor s = t.scope("shortcut", () -> shortcut.apply(t, x));
    if (!y.type().equals(s.type())) {
      throw Site.misfit(
          t,
          "residual",
          line,
          "a shortcut that gives what the branch gives, " + y.type(),
          s,
          "Give the shortcut the branch's stride and channels, as subsample(stride, channels) does.");
    }
    return t.add(y, s);
  }
}
