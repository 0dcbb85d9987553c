package dev.retrograde.train;

/// How a model does on some samples.
///
/// @param loss mean over the samples
/// @param correct samples whose largest logit is their label's
/// @param count samples
public record Evaluation(double loss, long correct, long count) {
  /// From 0 to 1.
  public double accuracy() {
    return count == 0 ? Double.NaN : (double) correct / count;
  }
}
