package dev.retrograde.bench.libtorch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// A basic residual block; additions and ReLU work in place, as public training code writes them.
final class ResidualBlock implements AutoCloseable {
  private static final long[] ONE = {1, 1};

  private final Tensor filter1;
  private final Tensor filter2;
  private final BatchNorm norm1;
  private final BatchNorm norm2;
  private final TensorOptional noBias;
  private final long[] stride;
  private final Shortcut shortcut;

  /// The block `name` of `parameters` whose first convolution has `stride`. Owns the shortcut.
  ResidualBlock(TorchParameters parameters, String name, long stride, Shortcut shortcut) {
    this.filter1 = parameters.tensor(name + ".conv1.filter");
    this.filter2 = parameters.tensor(name + ".conv2.filter");
    this.norm1 = new BatchNorm(parameters, name + ".norm1");
    this.norm2 = new BatchNorm(parameters, name + ".norm2");
    this.noBias = parameters.absent();
    this.stride = new long[] {stride, stride};
    this.shortcut = shortcut;
  }

  Tensor apply(Tensor x) {
    Tensor inner = norm1.apply(conv3(x, filter1, noBias, stride)).relu_();
    inner = norm2.apply(conv3(inner, filter2, noBias, ONE));
    return inner.add_(shortcut.apply(x)).relu_();
  }

  /// A convolution 3x3 with one pixel of padding and no bias.
  static Tensor conv3(Tensor x, Tensor filter, TensorOptional noBias, long... stride) {
    return torch.conv2d(x, filter, noBias, stride, ONE, ONE, 1);
  }

  @Override
  public void close() {
    norm1.close();
    norm2.close();
    shortcut.close();
  }
}
