package dev.retrograde.bench.task;

import java.util.Map;

/// One side of the peer suite: a training step of one task at one batch size, on some engine.
///
/// Values cross in our layout; a contender converts them here, never inside [#step]. All methods
/// are called by one and the same platform thread, because thread counts of native libraries stick
/// to the thread that sets them. The contender owns its memory until [#close].
public interface Contender extends AutoCloseable {
  /// The engine's name in reports.
  String name();

  /// Sets every parameter by name and puts the optimiser's state and running statistics back to
  /// their start. Refuses missing or extra names and wrong lengths.
  void setParameters(Map<String, float[]> values);

  /// The parameters as they are now, by name in the task's order.
  Map<String, float[]> parameters();

  /// Sets the batch of the next steps.
  void setInputs(Batch batch);

  /// Sets how many threads a step may use, at least 1. Takes effect with the next step.
  void threads(int count);

  /// Runs forward, backward and update once and returns the loss before the update.
  float step();

  @Override
  void close();

  /// Makes contenders of one engine.
  @FunctionalInterface
  interface Factory {
    /// A contender for steps of `task` with `batch` samples; parameters and inputs are yet unset.
    Contender open(PeerTask task, int batch);
  }
}
