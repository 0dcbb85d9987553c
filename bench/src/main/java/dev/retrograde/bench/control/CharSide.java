package dev.retrograde.bench.control;

import dev.retrograde.bench.timing.Side;
import java.util.Map;

/// Trains a recurrent network over characters by one batch a step: forward, backward from the mean
/// cross-entropy of all characters, and Adagrad.
///
/// Used by one thread, which closes it.
public interface CharSide extends AutoCloseable {
  /// What rows call it.
  String name();

  /// Puts first values into all parameters and forgets what the optimiser has summed.
  void restart(Map<String, float[]> first);

  /// Trains on the batch of this number; the loss before the update.
  float step(int batch);

  @Override
  void close();

  /// As one side of a timing: a call is one step, on the batches in turn, from first weights.
  static Side timed(CharSide side, int batches, Map<String, float[]> first) {
    return new Side() {
      private int next;

      @Override
      public void prepare() {
        side.restart(first);
        next = 0;
      }

      @Override
      public void run() {
        side.step(next);
        next = next + 1 == batches ? 0 : next + 1;
      }
    };
  }
}
