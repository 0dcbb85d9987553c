package dev.retrograde.bench.task;

import java.util.List;
import java.util.Optional;

/// A whole training step that is measured beside a peer: forward, backward and update.
///
/// A task is data only. A contender builds its step from the record; first values come from
/// [FirstValues].
public sealed interface PeerTask
    permits Mlp, Lenet, SmallCnn, ResidualStage, Resnet, Resnet18, Elementwise {
  /// The task's name in reports.
  String name();

  /// The trainable parameters in the order of the forward pass.
  List<ParameterSpec> parameters();

  /// Shape of one input sample in our layout (`[features]` or `[h, w, c]`); empty where the
  /// parameters are the only input.
  List<Integer> sampleShape();

  /// Number of classes, or 0 where the loss needs no labels.
  int classes();

  /// Multiply-adds of the products and convolutions of one sample's training step: forward, weight
  /// gradients, and input gradients of all layers but the first.
  long multiplyAdds();

  /// The update, or empty where a step ends with the gradients.
  Optional<Sgd> update();

  /// Values in one input sample.
  default int sampleSize() {
    return sampleShape().isEmpty() ? 0 : sampleShape().stream().reduce(1, Math::multiplyExact);
  }

  /// Number of trainable values.
  default int parameterCount() {
    return parameters().stream().mapToInt(ParameterSpec::size).reduce(0, Math::addExact);
  }
}
