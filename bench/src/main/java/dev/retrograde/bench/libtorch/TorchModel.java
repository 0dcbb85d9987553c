package dev.retrograde.bench.libtorch;

import dev.retrograde.bench.task.Elementwise;
import dev.retrograde.bench.task.Lenet;
import dev.retrograde.bench.task.Mlp;
import dev.retrograde.bench.task.PeerTask;
import dev.retrograde.bench.task.ResidualStage;
import dev.retrograde.bench.task.Resnet;
import dev.retrograde.bench.task.Resnet18;
import dev.retrograde.bench.task.SmallCnn;
import org.bytedeco.pytorch.Tensor;

/// The forward pass of a task up to its loss. Parameters are borrowed.
interface TorchModel extends AutoCloseable {
  /// The loss, a scalar with a gradient path. Temporary handles belong to the caller's scope.
  ///
  /// @param x the batch, borrowed and left as it is
  /// @param labels classes as 64-bit integers, borrowed
  Tensor loss(Tensor x, Tensor labels);

  /// Frees what the model holds besides its parameters.
  @Override
  default void close() {}

  /// The model of `task` over `parameters`.
  static TorchModel of(PeerTask task, TorchParameters parameters) {
    return switch (task) {
      case Mlp mlp -> new MlpModel(mlp, parameters);
      case Lenet _ -> new LenetModel(parameters);
      case SmallCnn cnn -> new SmallCnnModel(cnn, parameters);
      case ResidualStage stage -> new ResidualStageModel(stage, parameters);
      case Resnet resnet -> ResnetModel.of(resnet, parameters);
      case Resnet18 _ -> ResnetModel.eighteen(parameters);
      case Elementwise _ -> new ElementwiseModel(parameters);
    };
  }
}
