package dev.retrograde.callback;

import java.util.List;

/// What a run gives.
///
/// @param loss its value
/// @param gradients of the loss, for each parameter
/// @param hessianVector the derivative of these gradients along the run's direction; empty without
///   one
/// @param counters what the run did
public record Gradients(
    double loss, List<Array> gradients, List<Array> hessianVector, Counters counters) {
  public Gradients {
    gradients = List.copyOf(gradients);
    hessianVector = List.copyOf(hessianVector);
  }

  /// The gradient of parameter i.
  public Array gradient(int i) {
    return gradients.get(i);
  }
}
