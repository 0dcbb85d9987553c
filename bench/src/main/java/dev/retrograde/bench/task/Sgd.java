package dev.retrograde.bench.task;

/// Stochastic gradient descent with momentum: `v = momentum v + g`, `w = w - learningRate v`, where
/// `v` starts as the first gradient.
///
/// @param learningRate positive
/// @param momentum 0 to below 1
public record Sgd(float learningRate, float momentum) {
  /// Checks the ranges.
  public Sgd {
    if (!(learningRate > 0 && momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException(
          "Sgd: expected learningRate > 0 and momentum in [0, 1), found "
              + (learningRate + " and " + momentum));
    }
  }
}
