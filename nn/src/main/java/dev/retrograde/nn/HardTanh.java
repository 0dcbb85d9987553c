package dev.retrograde.nn;

import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// `low` below it, `high` above it, `x` between; the derivative is 1 strictly between the two. NaN
/// stays NaN.
///
/// @param low below `high`
record HardTanh(double low, double high) implements Layer {
  HardTanh {
    if (!(low < high)) {
      throw new IllegalArgumentException(
          "hardTanh: expected a lower bound below the upper one, found " + low + " and " + high);
    }
  }

  @Override
  public String kind() {
    return "hardTanh";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    Tensor bottom = t.constant(x.dtype(), low);
    Tensor top = t.constant(x.dtype(), high);
    return t.select(t.lessEqual(x, bottom), bottom, t.select(t.lessEqual(top, x), top, x));
  }
}
