package dev.retrograde.train;

/// Hears how a run goes, on the thread that trains, between steps. What it throws ends the call
/// that trains.
public interface Progress {
  /// After each step; `run.steps()` counts it already.
  ///
  /// @param loss mean over the batch
  default void onStep(Training run, double loss) {}

  /// After each epoch and its validation.
  default void onEpoch(Training run, EpochResult epoch) {}
}
