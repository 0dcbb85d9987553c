package dev.retrograde.nn;

import dev.retrograde.scalar.ScalarFn;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// A scalar function at every element.
///
/// @param kind what a sequence calls it
/// @param fn takes one operand
public record Activation(String kind, ScalarFn fn) implements Layer {
  public Activation {
    if (fn.arity() != 1) {
      throw new IllegalArgumentException(
          "activation '"
              + kind
              + "': expected a function of one operand, found "
              + fn.text()
              + " of "
              + fn.arity());
    }
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    return t.apply(fn, x);
  }
}
