package dev.retrograde.nn.zoo;

import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.block;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.identity;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.residual;
import static dev.retrograde.nn.Layers.sequential;
import static dev.retrograde.nn.Layers.stage;

import dev.retrograde.nn.Initializer;
import dev.retrograde.nn.Initializer.Fan;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Layers;
import dev.retrograde.nn.Padding;
import java.util.ArrayList;
import java.util.List;

/// Residual functions with norm and relu before each convolution, and ResNet-164, which is made of
/// them (He et al., "Identity mappings in deep residual networks", ECCV 2016). Numbers are those of
/// the reversible networks' reference: epsilon 1e-3, statistics that keep 0.99, weights from a cut
/// normal by output channels. A 3x3 window of stride 2 begins at the first row, as the 2x2 means of
/// the shortcuts do.
final class PreActivation {
  private PreActivation() {}

  /// Two 3x3 convolutions.
  ///
  /// @param activate whether it begins with norm and relu
  static Layer basic(int out, int stride, boolean activate) {
    List<Layer> all = new ArrayList<>();
    step(all, 1, out, 3, stride, activate);
    step(all, 2, out, 3, 1, true);
    return sequential(all.toArray(Layer[]::new));
  }

  /// 1x1, 3x3 and 1x1 convolutions, the first two with a quarter of the channels; the first
  /// strides.
  static Layer bottleneck(int out, int stride, boolean activate) {
    List<Layer> all = new ArrayList<>();
    step(all, 1, out / 4, 1, stride, activate);
    step(all, 2, out / 4, 3, 1, true);
    step(all, 3, out, 1, 1, true);
    return sequential(all.toArray(Layer[]::new));
  }

  private static void step(
      List<Layer> all, int number, int out, int kernel, int stride, boolean activate) {
    if (activate) {
      all.add(norm("bn" + number));
      all.add(relu("relu" + number));
    }
    all.add(convolution("conv" + number, out, kernel, stride));
  }

  static Layer norm(String name) {
    return named(name, batchNorm().epsilon(1e-3).momentum(0.01));
  }

  static Layer relu(String name) {
    return named(name, Layers.relu());
  }

  static Layer convolution(String name, int out, int kernel, int stride) {
    // All that a window of an even image sticks out: the odd row comes after.
    int pad = kernel - stride;
    int before = Math.max(0, pad / 2);
    int after = Math.max(0, pad - before);
    return named(
        name,
        conv2d(out, kernel)
            .stride(stride)
            .pad(new Padding.Explicit(before, after, before, after))
            .noBias()
            .init(Initializer.kaimingTruncated(Fan.OUT)));
  }

  /// Bottlenecks in three stages of 64, 128 and 256 channels. Where channels change, the shortcut
  /// is a strided 1x1 convolution of the block's input.
  ///
  /// @param depth 9 n + 2
  static Layer resnet(int depth, int classes) {
    int blocks = (depth - 2) / 9;
    List<Layer> all = new ArrayList<>();
    all.add(stage("stem", convolution("conv", 16, 3, 1), norm("bn"), relu("relu")));
    for (int s = 1; s <= 3; s++) {
      List<Layer> stage = new ArrayList<>();
      int out = 32 << s;
      for (int i = 0; i < blocks; i++) {
        int stride = i == 0 && s > 1 ? 2 : 1;
        Layer branch = bottleneck(out, stride, i > 0 || s > 1);
        Layer shortcut = i == 0 ? convolution("conv", out, 1, stride) : identity();
        stage.add(block("block" + i, residual(branch, shortcut)));
      }
      all.add(named("stage" + s, sequential(stage.toArray(Layer[]::new))));
    }
    all.add(stage("head", norm("bn"), relu("relu"), named("pool", globalAveragePool())));
    all.add(named("fc", dense(classes).init(Initializer.unitVariance())));
    return sequential(all.toArray(Layer[]::new));
  }
}
