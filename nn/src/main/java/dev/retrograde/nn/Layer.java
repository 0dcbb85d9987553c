package dev.retrograde.nn;

import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// A function from a tensor to a tensor that traces.
///
/// A layer is a value: it holds sizes and options and no numbers. Its parameters live in the state
/// of the program, under the path at which it is applied, so one layer applied at two paths has two
/// sets of parameters, and applied twice at one path shares one set. A lambda is a layer:
///
/// ```java
/// Layer swish = (t, x) -> t.mul(x, t.sigmoid(x));
/// ```
@FunctionalInterface
public interface Layer {
  /// Traces the layer; declares what state it needs.
  Tensor apply(Trace t, Tensor x);

  /// What a sequence calls it when nobody names it, followed by a number: `dense`, `conv`.
  default String kind() {
    return "layer";
  }

  /// This layer, then `next`, both at the same path: their state must not share names.
  default Layer then(Layer next) {
    return (t, x) -> next.apply(t, apply(t, x));
  }
}
