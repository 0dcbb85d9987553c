package dev.retrograde.bench.control;

import java.util.Map;

/// Trains a TreeLSTM by one tree a step: forward, backward from the sum of the cross-entropies of
/// all nodes, and Adagrad.
///
/// Used by one thread, which closes it.
public interface TreeSide extends AutoCloseable {
  /// The rate of Adagrad in the specification's task.
  double RATE = 0.05;

  /// What rows call it.
  String name();

  /// Puts first values into all parameters, see [TreeWeights#draw], and forgets what the optimiser
  /// has summed.
  void restart(Map<String, float[]> first);

  /// Trains on one tree; the sum of its nodes' losses before the update.
  float step(TreeWork.Item item);

  @Override
  void close();
}
