package dev.retrograde.nn;

import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// `x: [..., in]` to `x . weight + bias: [..., out]`, with `weight: [in, out]` and `bias: [out]`.
///
/// @param out size of the last axis of the result, at least 1
/// @param bias whether there is one; it starts at 0
/// @param init of the weight
/// @param line where the layer was written down
public record Dense(int out, boolean bias, Initializer init, String line) implements Layer {
  public Dense {
    if (out < 1) {
      throw new IllegalArgumentException("dense: at least 1 output, found " + out);
    }
  }

  public Dense noBias() {
    return new Dense(out, false, init, line);
  }

  public Dense init(Initializer weight) {
    return new Dense(out, bias, weight, line);
  }

  @Override
  public String kind() {
    return "dense";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    if (x.rank() < 2 || x.rank() > 3) {
      throw Site.misfit(
          t,
          "dense",
          line,
          "[batch, features] or [batch, time, features]",
          x,
          "Put flatten() before it to make one row of each image.");
    }
    int in = x.dim(-1);
    Tensor weight = t.parameter("weight", x.dtype(), init.of(in, out), in, out);
    Tensor y = t.matmul(x, weight);
    return bias ? t.add(y, t.parameter("bias", x.dtype(), new Init.Fill(0), out)) : y;
  }
}
