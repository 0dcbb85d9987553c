package dev.retrograde.bench.task;

import java.util.List;
import java.util.Optional;

/// Basic residual blocks at one size: convolution 3x3 without bias, batch norm, ReLU, convolution,
/// batch norm, add the block's input, ReLU; the loss is the mean of the squared output.
///
/// Batch norm uses the batch's statistics (ε 1e-5) and moves its running ones with momentum 0.1.
///
/// @param blocks number of blocks
/// @param channels channels of every image
/// @param size rows and columns of every image
/// @param sgd the update
public record ResidualStage(int blocks, int channels, int size, Sgd sgd) implements PeerTask {
  /// Checks that every count is positive.
  public ResidualStage {
    if (blocks < 1 || channels < 1 || size < 1) {
      throw new IllegalArgumentException(
          "ResidualStage: expected positive blocks, channels and size, found "
              + (blocks + ", " + channels + ", " + size));
    }
  }

  /// Five blocks of 16 channels at 32 by 32.
  public static ResidualStage standard(Sgd sgd) {
    return new ResidualStage(5, 16, 32, sgd);
  }

  @Override
  public String name() {
    return "residual-stage";
  }

  @Override
  public List<ParameterSpec> parameters() {
    return layers().parameters();
  }

  @Override
  public List<Integer> sampleShape() {
    return List.of(size, size, channels);
  }

  @Override
  public int classes() {
    return 0;
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
    LayerSpecs layers = new LayerSpecs();
    for (int block = 1; block <= blocks; block++) {
      Resnet.block(layers, "block" + block, channels, channels, size);
    }
    return layers;
  }
}
