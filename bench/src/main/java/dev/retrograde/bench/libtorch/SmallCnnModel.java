package dev.retrograde.bench.libtorch;

import dev.retrograde.bench.task.SmallCnn;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The network of [SmallCnn].
final class SmallCnnModel implements TorchModel {
  private static final long[] ONE = {1, 1};
  private static final long[] NONE = {0, 0};

  private final double dropout;
  private final TorchParameters parameters;

  SmallCnnModel(SmallCnn cnn, TorchParameters parameters) {
    this.dropout = cnn.dropout();
    this.parameters = parameters;
  }

  @Override
  public Tensor loss(Tensor x, Tensor labels) {
    Tensor image = pooled(conv(pooled(conv(x, "conv1")), "conv2"));
    Tensor features = dense(image.flatten(1, -1), "dense1").relu_();
    if (dropout > 0) {
      features = torch.dropout(features, dropout, true);
    }
    return torch.cross_entropy_loss(dense(features, "dense2"), labels);
  }

  private Tensor conv(Tensor x, String name) {
    return torch.conv2d(
        x,
        parameters.tensor(name + ".filter"),
        parameters.optional(name + ".bias"),
        ONE,
        NONE,
        ONE,
        1);
  }

  private static Tensor pooled(Tensor x) {
    return torch.max_pool2d(x, 2, 2).relu_();
  }

  private Tensor dense(Tensor x, String name) {
    return torch.linear(
        x, parameters.tensor(name + ".weight"), parameters.optional(name + ".bias"));
  }
}
