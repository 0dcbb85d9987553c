package dev.retrograde.bench.libtorch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// The network of [dev.retrograde.bench.task.Lenet].
final class LenetModel implements TorchModel {
  private static final long[] ONE = {1, 1};
  private static final long[] NONE = {0, 0};

  private final Layer conv1;
  private final Layer conv2;
  private final Layer dense1;
  private final Layer dense2;
  private final Layer dense3;

  private record Layer(Tensor weight, TensorOptional bias) {}

  LenetModel(TorchParameters parameters) {
    this.conv1 = layer(parameters, "conv1", "filter");
    this.conv2 = layer(parameters, "conv2", "filter");
    this.dense1 = layer(parameters, "dense1", "weight");
    this.dense2 = layer(parameters, "dense2", "weight");
    this.dense3 = layer(parameters, "dense3", "weight");
  }

  private static Layer layer(TorchParameters parameters, String name, String weight) {
    return new Layer(parameters.tensor(name + "." + weight), parameters.optional(name + ".bias"));
  }

  @Override
  public Tensor loss(Tensor x, Tensor labels) {
    Tensor image = pooled(conv(pooled(conv(x, conv1)), conv2));
    Tensor features = dense(image.flatten(1, -1), dense1).relu_();
    features = dense(features, dense2).relu_();
    return torch.cross_entropy_loss(dense(features, dense3), labels);
  }

  private static Tensor conv(Tensor x, Layer layer) {
    return torch.conv2d(x, layer.weight(), layer.bias(), ONE, NONE, ONE, 1);
  }

  private static Tensor pooled(Tensor x) {
    return torch.max_pool2d(x.relu_(), 2, 2);
  }

  private static Tensor dense(Tensor x, Layer layer) {
    return torch.linear(x, layer.weight(), layer.bias());
  }
}
