package dev.retrograde.bench.task;

import java.util.List;
import java.util.Optional;

/// LeNet on unpadded images of 28 by 28: convolution 5x5 to 6, ReLU, max-pool 2, convolution 5x5 to
/// 16, ReLU, max-pool 2, dense 256 to 120, ReLU, 84, ReLU, 10, cross-entropy; 44,426 parameters.
///
/// The first dense layer reads the pooled image `[4, 4, 16]` in the order `h, w, c`.
///
/// @param sgd the update
public record Lenet(Sgd sgd) implements PeerTask {
  @Override
  public String name() {
    return "lenet";
  }

  @Override
  public List<ParameterSpec> parameters() {
    return layers().parameters();
  }

  @Override
  public List<Integer> sampleShape() {
    return List.of(28, 28, 1);
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

  private static LayerSpecs layers() {
    return new LayerSpecs()
        .conv("conv1", 1, 6, 5, 24)
        .vector("conv1.bias", 6, 0)
        .conv("conv2", 6, 16, 5, 8)
        .vector("conv2.bias", 16, 0)
        .dense("dense1", new ParameterSpec.DenseAfterImage(4, 4, 16), 256, 120)
        .dense("dense2", 120, 84)
        .dense("dense3", 84, 10);
  }
}
