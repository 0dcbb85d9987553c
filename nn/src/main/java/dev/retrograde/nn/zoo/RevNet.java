package dev.retrograde.nn.zoo;

import static dev.retrograde.nn.Layers.averagePool;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.eachHalf;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.reversible;
import static dev.retrograde.nn.Layers.sequential;
import static dev.retrograde.nn.Layers.stage;
import static dev.retrograde.nn.Layers.subsample;

import dev.retrograde.ir.MapOp;
import dev.retrograde.nn.CoupledUnit;
import dev.retrograde.nn.Initializer;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Reversible;
import java.util.ArrayList;
import java.util.List;

/// Reversible residual networks in their CIFAR form (Gomez et al., "The reversible residual
/// network", NIPS 2017): a 3x3 stem, three stages of coupled units, norm and mean of each channel,
/// classifier. The first unit of a stage changes sizes by a shortcut: for basic units 2x2 means and
/// zero channels on both sides, for bottlenecks a strided 1x1 convolution of each half.
///
/// Departs from the published form in one place, without another result: the first unit of a stage
/// that changes no size has no shortcut, so it is reversible like those behind it. The head works
/// on the halves, which are never joined.
///
/// @param units of each of the three stages
/// @param channels of the stem, then of each stage before a bottleneck widens it fourfold; both
///   halves together
/// @param bottleneck units of 1x1, 3x3 and 1x1 convolutions instead of two of 3x3
record RevNet(int units, List<Integer> channels, boolean bottleneck) {

  /// @param depth 38, 110 or 164
  static RevNet of(int depth) {
    return switch (depth) {
      case 38 -> new RevNet(3, List.of(32, 32, 64, 112), false);
      case 110 -> new RevNet(9, List.of(32, 32, 64, 128), false);
      case 164 -> new RevNet(9, List.of(32, 32, 64, 128), true);
      default ->
          throw new IllegalArgumentException(
              "reversible networks have a depth of 38, 110 or 164; found " + depth);
    };
  }

  /// @param grid of the exact form, or [MapOp.Couple#PLAIN]
  Layer cifar(int grid, int classes) {
    List<Layer> all = new ArrayList<>();
    all.add(
        stage(
            "stem",
            PreActivation.convolution("conv", channels.get(0), 3, 1),
            PreActivation.norm("bn"),
            PreActivation.relu("relu")));
    int in = channels.get(0) / 2;
    for (int s = 1; s < channels.size(); s++) {
      int out = channels.get(s) * (bottleneck ? 4 : 1) / 2;
      all.add(named("stage" + s, coupled(in, out, s > 1, grid)));
      in = out;
    }
    Layer pooled =
        sequential(
            PreActivation.norm("bn"),
            PreActivation.relu("relu"),
            named("pool", globalAveragePool()));
    all.add(named("head", eachHalf(pooled)));
    all.add(named("fc", dense(classes).init(Initializer.unitVariance())));
    return sequential(all.toArray(Layer[]::new));
  }

  /// `in` and `out` are channels of a half. The first unit of the first stage follows the stem's
  /// norm and relu and begins without its own.
  private Layer coupled(int in, int out, boolean halve, int grid) {
    int stride = halve ? 2 : 1;
    CoupledUnit first = CoupledUnit.of(branch(out, stride, halve), branch(out, 1, true));
    List<CoupledUnit> all = new ArrayList<>();
    all.add(halve || in != out ? first.shortcut(shortcut(out, stride)) : first);
    while (all.size() < units) {
      all.add(CoupledUnit.of(branch(out, 1, true), branch(out, 1, true)));
    }
    Reversible r = reversible(all);
    return grid == MapOp.Couple.PLAIN ? r : r.exact(grid);
  }

  private Layer branch(int out, int stride, boolean activate) {
    return bottleneck
        ? PreActivation.bottleneck(out, stride, activate)
        : PreActivation.basic(out, stride, activate);
  }

  private Layer shortcut(int out, int stride) {
    if (bottleneck) {
      return PreActivation.convolution("conv", out, 1, stride);
    }
    Layer widen = subsample(1, out);
    return stride == 1 ? widen : averagePool(stride).then(widen);
  }

  /// Reversible basic units that keep size and channels: one stage alone.
  static Reversible alone(int units, int channels) {
    return reversible(units, () -> PreActivation.basic(channels / 2, 1, true));
  }
}
