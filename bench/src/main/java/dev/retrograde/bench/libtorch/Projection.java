package dev.retrograde.bench.libtorch;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// A shortcut that halves the image: a strided 1x1 convolution without bias and a batch norm.
///
/// Design note. With 256 input and 512 output channels this libtorch (2.10) computes that
/// convolution wrongly on an AMD processor with AVX-512, forward and both gradients, in both
/// layouts: results were 10 off where the largest is 20, and plain loops agree with ours. Fewer
/// channels are right. The wide one is therefore written as the product it is: every second pixel
/// times the filter, at the price of a copy of 2 MB at batch 128.
final class Projection implements Shortcut {
  private static final int WIDE = 512;
  private static final long[] ONE = {1, 1};
  private static final long[] TWO = {2, 2};
  private static final long[] NONE = {0, 0};
  private static final int ROWS = 2;
  private static final int COLUMNS = 3;

  private final Tensor filter;
  private final TensorOptional noBias;
  private final BatchNorm norm;

  /// The shortcut `name` of `parameters`.
  Projection(TorchParameters parameters, String name) {
    this.filter = parameters.tensor(name + ".conv.filter");
    this.noBias = parameters.absent();
    this.norm = new BatchNorm(parameters, name + ".norm");
  }

  @Override
  public Tensor apply(Tensor x) {
    return norm.apply(
        filter.size(0) < WIDE ? torch.conv2d(x, filter, noBias, TWO, NONE, ONE, 1) : product(x));
  }

  private Tensor product(Tensor x) {
    Tensor pixels = everySecond(everySecond(x, ROWS), COLUMNS).permute(0, 2, 3, 1);
    Tensor matrix = filter.reshape(filter.size(0), filter.size(1));
    return torch.linear(pixels, matrix).permute(0, 3, 1, 2);
  }

  /// Every second row or column of a batch of images.
  static Tensor everySecond(Tensor x, int axis) {
    return x.slice(axis, new LongOptional(), new LongOptional(), 2);
  }

  @Override
  public void close() {
    norm.close();
  }
}
