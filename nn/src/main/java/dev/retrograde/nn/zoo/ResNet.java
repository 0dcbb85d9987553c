package dev.retrograde.nn.zoo;

import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.block;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.identity;
import static dev.retrograde.nn.Layers.maxPool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.residual;
import static dev.retrograde.nn.Layers.sequential;
import static dev.retrograde.nn.Layers.stage;
import static dev.retrograde.nn.Layers.subsample;

import dev.retrograde.nn.Layer;
import java.util.ArrayList;
import java.util.List;

/// Residual networks in their CIFAR form (He et al., "Deep residual learning", CVPR 2016, section
/// 4.2): a 3x3 stem, three stages of basic blocks with 16, 32 and 64 channels, the second and third
/// halving the image, mean of each channel, classifier. Convolutions have no bias, batch norm and
/// relu follow them, shortcuts have no parameters (option A). Padding is 1 on every side, so a
/// stride of 2 meets even rows.
final class ResNet {
  private ResNet() {}

  /// @param depth 6 n + 2: two convolutions in each of n blocks of three stages, stem and
  ///   classifier
  static Layer cifar(int depth, int classes) {
    if (depth < 8 || (depth - 2) % 6 != 0) {
      throw new IllegalArgumentException(
          "a residual network for CIFAR has a depth of 6 n + 2, such as 20, 32, 44, 56 or 110; found "
              + depth);
    }
    int blocks = (depth - 2) / 6;
    return sequential(
        stage("stem", convolution("conv", 16, 1), named("bn", batchNorm()), named("relu", relu())),
        grow("stage1", blocks, 16, 16),
        grow("stage2", blocks, 16, 32),
        grow("stage3", blocks, 32, 64),
        named("pool", globalAveragePool()),
        named("fc", dense(classes)));
  }

  /// `blocks` basic blocks; the first halves the image where channels become more.
  static Layer grow(String name, int blocks, int in, int out) {
    List<Layer> all = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      boolean widens = i == 0 && in != out;
      int stride = widens ? 2 : 1;
      all.add(basic("block" + i, stride, out, widens ? subsample(stride, out) : identity()));
    }
    return named(name, sequential(all.toArray(Layer[]::new)));
  }

  private static Layer basic(String name, int stride, int out, Layer shortcut) {
    Layer branch =
        sequential(
            convolution("conv1", out, stride),
            named("bn1", batchNorm()),
            named("relu1", relu()),
            convolution("conv2", out, 1),
            named("bn2", batchNorm()));
    return block(name, residual(branch, shortcut).then(named("relu2", relu())));
  }

  private static Layer convolution(String name, int out, int stride) {
    return named(name, conv2d(out, 3).stride(stride).pad(1).noBias());
  }

  /// Eighteen layers in the form for CIFAR images: a 3x3 stem of 64 channels, no pooling behind it,
  /// four stages of two basic blocks with 64, 128, 256 and 512 channels. Where sizes change the
  /// shortcut is a strided 1x1 convolution with a norm (option B).
  static Layer eighteen(int classes) {
    List<Layer> all = new ArrayList<>();
    all.add(
        stage("stem", convolution("conv", 64, 1), named("bn", batchNorm()), named("relu", relu())));
    for (int s = 1; s <= 4; s++) {
      int out = 32 << s;
      Layer shortcut = s == 1 ? identity() : projection(out, 2);
      all.add(
          stage(
              "stage" + s,
              basic("block0", s == 1 ? 1 : 2, out, shortcut),
              basic("block1", 1, out, identity())));
    }
    all.add(named("pool", globalAveragePool()));
    all.add(named("fc", dense(classes)));
    return sequential(all.toArray(Layer[]::new));
  }

  /// Fifty layers for CIFAR images: a 3x3 stem of 64 channels, a maximum over 2x2, four stages of
  /// 3, 4, 6 and 3 bottlenecks that end in 256, 512, 1024 and 2048 channels. Where sizes change the
  /// shortcut is a 1x1 convolution with a norm (option B). A stage's stride is that of its first
  /// 3x3 convolution, not of the 1x1 before it as in the paper: no element is passed over.
  static Layer fifty(int classes) {
    List<Layer> all = new ArrayList<>();
    all.add(
        stage(
            "stem",
            convolution("conv", 64, 1),
            named("bn", batchNorm()),
            named("relu", relu()),
            named("pool", maxPool(2))));
    int[] blocks = {3, 4, 6, 3};
    for (int s = 0; s < blocks.length; s++) {
      int narrow = 64 << s;
      List<Layer> stage = new ArrayList<>();
      for (int b = 0; b < blocks[s]; b++) {
        int stride = s > 0 && b == 0 ? 2 : 1;
        Layer shortcut = b == 0 ? projection(4 * narrow, stride) : identity();
        stage.add(bottleneck("block" + b, stride, narrow, shortcut));
      }
      all.add(stage("stage" + (s + 1), stage.toArray(Layer[]::new)));
    }
    all.add(named("pool", globalAveragePool()));
    all.add(named("fc", dense(classes)));
    return sequential(all.toArray(Layer[]::new));
  }

  /// 1x1 down to `narrow` channels, 3x3, 1x1 up to four times as many.
  private static Layer bottleneck(String name, int stride, int narrow, Layer shortcut) {
    Layer branch =
        sequential(
            pointwise("conv1", narrow, 1),
            named("bn1", batchNorm()),
            named("relu1", relu()),
            convolution("conv2", narrow, stride),
            named("bn2", batchNorm()),
            named("relu2", relu()),
            pointwise("conv3", 4 * narrow, 1),
            named("bn3", batchNorm()));
    return block(name, residual(branch, shortcut).then(named("relu3", relu())));
  }

  private static Layer projection(int out, int stride) {
    return sequential(pointwise("conv", out, stride), named("bn", batchNorm()));
  }

  private static Layer pointwise(String name, int out, int stride) {
    return named(name, conv2d(out, 1).stride(stride).valid().noBias());
  }
}
