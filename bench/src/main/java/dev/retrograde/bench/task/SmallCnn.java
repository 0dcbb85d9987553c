package dev.retrograde.bench.task;

import java.util.List;
import java.util.Optional;

/// The convolutional network of the control-flow figures, on images of 28 by 28: convolution 5x5 to
/// 10, max-pool 2, ReLU, convolution 5x5 to 20, max-pool 2, ReLU, dense 320 to 50, ReLU, dropout,
/// dense 10, cross-entropy; 21,840 parameters.
///
/// Both sides draw their own dropout masks, so losses agree only where `dropout` is 0.
///
/// @param dropout share of the 50 numbers that a step leaves out, 0 to below 1
/// @param sgd the update
public record SmallCnn(double dropout, Sgd sgd) implements PeerTask {
  @Override
  public String name() {
    return "cnn";
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
        .conv("conv1", 1, 10, 5, 24)
        .vector("conv1.bias", 10, 0)
        .conv("conv2", 10, 20, 5, 8)
        .vector("conv2.bias", 20, 0)
        .dense("dense1", new ParameterSpec.DenseAfterImage(4, 4, 20), 320, 50)
        .dense("dense2", 50, 10);
  }
}
