package dev.retrograde.train;

import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// What a model is asked about samples, and what its answer costs.
///
/// An objective declares the inputs of a program, named as the [Material] that it belongs to fills
/// them, and applies the model to them.
public interface Objective {
  /// The name in a run's record.
  String spec();

  /// How many losses a batch of so many samples has: what means and shares are taken over. A
  /// picture has one, a piece of text one for each symbol.
  int units(int batch);

  /// Declares the inputs of a batch and applies the model.
  Answer answer(Trace t, int batch);

  /// What a model says of a batch.
  interface Answer {
    /// What the model gives, one row a thing that it judges.
    Tensor logits();

    /// One loss a unit: `[units]`.
    Tensor losses(Trace t);

    /// How many units are right: an i32 scalar.
    Tensor correct(Trace t);
  }
}
