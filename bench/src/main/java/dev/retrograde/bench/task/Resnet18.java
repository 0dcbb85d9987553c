package dev.retrograde.bench.task;

import java.util.List;
import java.util.Optional;

/// ResNet-18 (He et al., arXiv 1512.03385) in the form for CIFAR images that much public code uses:
/// a 3x3 stem of 64 channels without pooling behind it, four stages of two basic blocks with 64 to
/// 512 channels, global average pooling, one dense layer.
///
/// Blocks are as in [ResidualStage]. Where the size halves, the shortcut is a strided 1x1
/// convolution without bias and a batch norm.
///
/// @param sgd the update
public record Resnet18(Sgd sgd) implements PeerTask {
  /// Number of stages.
  public static final int STAGES = 4;

  /// Blocks of each stage.
  public static final int BLOCKS = 2;

  private static final int STEM_CHANNELS = 64;
  private static final int SIZE = 32;

  /// The name of a block.
  ///
  /// @param stage from 0
  /// @param block from 0
  public static String block(int stage, int block) {
    return "stage" + (stage + 1) + ".block" + (block + 1);
  }

  /// Whether a block halves the image and doubles the channels; its shortcut then has parameters.
  public static boolean halves(int stage, int block) {
    return stage > 0 && block == 0;
  }

  @Override
  public String name() {
    return "resnet18";
  }

  @Override
  public List<ParameterSpec> parameters() {
    return layers().parameters();
  }

  @Override
  public List<Integer> sampleShape() {
    return List.of(SIZE, SIZE, 3);
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
    LayerSpecs layers =
        new LayerSpecs()
            .conv("stem.conv", 3, STEM_CHANNELS, 3, SIZE)
            .norm("stem.norm", STEM_CHANNELS);
    int in = STEM_CHANNELS;
    for (int stage = 0; stage < STAGES; stage++) {
      int out = STEM_CHANNELS << stage;
      int size = SIZE >> stage;
      for (int block = 0; block < BLOCKS; block++) {
        String name = block(stage, block);
        Resnet.block(layers, name, in, out, size);
        if (halves(stage, block)) {
          layers.conv(name + ".shortcut.conv", in, out, 1, size).norm(name + ".shortcut.norm", out);
        }
        in = out;
      }
    }
    return layers.dense("dense", in, classes());
  }
}
