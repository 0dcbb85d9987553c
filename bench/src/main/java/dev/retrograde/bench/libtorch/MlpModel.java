package dev.retrograde.bench.libtorch;

import dev.retrograde.bench.task.Mlp;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// The perceptron of [Mlp].
final class MlpModel implements TorchModel {
  private record Layer(Tensor weight, TensorOptional bias) {}

  private final List<Layer> layers = new ArrayList<>();

  MlpModel(Mlp mlp, TorchParameters parameters) {
    for (int layer = 1; layer < mlp.widths().size(); layer++) {
      String name = "dense" + layer;
      layers.add(
          new Layer(parameters.tensor(name + ".weight"), parameters.optional(name + ".bias")));
    }
  }

  @Override
  public Tensor loss(Tensor x, Tensor labels) {
    Tensor features = x;
    for (int layer = 0; layer < layers.size(); layer++) {
      if (layer > 0) {
        features = features.relu_();
      }
      features = torch.linear(features, layers.get(layer).weight(), layers.get(layer).bias());
    }
    return torch.cross_entropy_loss(features, labels);
  }
}
