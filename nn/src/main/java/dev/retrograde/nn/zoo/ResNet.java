package dev.retrograde.nn.zoo;

import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.block;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.identity;
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
      Layer shortcut = s == 1 ? identity() : projection(out);
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

  private static Layer projection(int out) {
    return sequential(
        named("conv", conv2d(out, 1).stride(2).valid().noBias()), named("bn", batchNorm()));
  }
}
