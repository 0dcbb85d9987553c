package dev.retrograde.bench.task;

import java.util.List;
import java.util.Optional;

/// The residual network for CIFAR images of He et al. (arXiv 1512.03385, section 4.2): a stem of 16
/// channels, three stages of 16, 32 and 64 channels, global average pooling, one dense layer.
///
/// Blocks are as in [ResidualStage]. Where the size halves, the shortcut has no parameters: it
/// keeps every second pixel and fills the new channels with zeros.
///
/// @param blocksPerStage 3 for ResNet-20, 5 for ResNet-32, 18 for ResNet-110
/// @param padding where a shortcut puts its zero channels
/// @param sgd the update
public record Resnet(int blocksPerStage, ChannelPadding padding, Sgd sgd) implements PeerTask {
  /// Where a shortcut puts its zero channels.
  public enum ChannelPadding {
    /// All of them behind the channels it carries.
    BEHIND,
    /// One half before and one half behind, as much public code does.
    BOTH_SIDES
  }

  /// Checks that there is at least one block a stage.
  public Resnet {
    if (blocksPerStage < 1) {
      throw new IllegalArgumentException(
          "Resnet: expected at least 1 block a stage, found " + blocksPerStage);
    }
  }

  /// ResNet-20 with its zero channels on both sides, as our zoo has it.
  public static Resnet twenty(Sgd sgd) {
    return new Resnet(3, ChannelPadding.BOTH_SIDES, sgd);
  }

  /// Channels of the stage `stage` (0 to 2).
  public static int channels(int stage) {
    return 16 << stage;
  }

  @Override
  public String name() {
    return "resnet" + (6 * blocksPerStage + 2);
  }

  @Override
  public List<ParameterSpec> parameters() {
    return layers().parameters();
  }

  @Override
  public List<Integer> sampleShape() {
    return List.of(32, 32, 3);
  }

  @Override
  public int classes() {
    return 10;
  }

  @Override
  public long multiplyAdds() {
    return layers().multiplyAdds();
  }

  @Override
  public Optional<Sgd> update() {
    return Optional.of(sgd);
  }

  private LayerSpecs layers() {
    LayerSpecs layers = new LayerSpecs().conv("stem.conv", 3, 16, 3, 32).norm("stem.norm", 16);
    int in = 16;
    for (int stage = 0; stage < 3; stage++) {
      for (int block = 1; block <= blocksPerStage; block++) {
        String name = "stage" + (stage + 1) + ".block" + block;
        block(layers, name, in, channels(stage), 32 >> stage);
        in = channels(stage);
      }
    }
    return layers.dense("dense", in, classes());
  }

  /// Adds a basic block that writes `out` channels of `size` by `size` pixels.
  static void block(LayerSpecs layers, String name, int in, int out, int size) {
    layers
        .conv(name + ".conv1", in, out, 3, size)
        .norm(name + ".norm1", out)
        .conv(name + ".conv2", out, out, 3, size)
        .norm(name + ".norm2", out);
  }
}
