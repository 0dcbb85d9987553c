package dev.retrograde.bench.libtorch;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// Batch norm in training: the batch's statistics, running ones moved by 0.1. Owns the latter.
final class BatchNorm implements AutoCloseable {
  private static final double MOMENTUM = 0.1;
  private static final double EPSILON = 1e-5;

  private final TensorOptional scale;
  private final TensorOptional shift;
  private final TensorOptional mean;
  private final TensorOptional variance;

  BatchNorm(TorchParameters parameters, String name) {
    this.scale = parameters.optional(name + ".scale");
    this.shift = parameters.optional(name + ".shift");
    long channels = parameters.tensor(name + ".shift").numel();
    try (PointerScope _ = new PointerScope()) {
      Tensor zeros = torch.zeros(channels);
      Tensor ones = torch.ones(channels);
      this.mean = new TensorOptional(zeros);
      this.variance = new TensorOptional(ones);
      mean.retainReference();
      variance.retainReference();
    }
  }

  Tensor apply(Tensor x) {
    return torch.batch_norm(x, scale, shift, mean, variance, true, MOMENTUM, EPSILON, false);
  }

  @Override
  public void close() {
    mean.close();
    variance.close();
  }
}
