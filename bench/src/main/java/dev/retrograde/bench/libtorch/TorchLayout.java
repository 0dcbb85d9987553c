package dev.retrograde.bench.libtorch;

import dev.retrograde.bench.task.ParameterSpec;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/// How libtorch stores images and filters, and the way from our layout to it and back.
///
/// libtorch's images are `[n, c, h, w]`, its filters `[out, in, h, w]` and its dense matrices
/// `[out, in]`; the memory format says which axis lies densest. Which of the two is faster depends
/// on the network, the processor and the batch, so the bench measures both.
public enum TorchLayout {
  /// Pixels of one channel side by side, libtorch's default.
  CONTIGUOUS(MemoryFormat.Contiguous),
  /// Channels of one pixel side by side, as in our layout.
  CHANNELS_LAST(MemoryFormat.ChannelsLast);

  private final MemoryFormat format;

  TorchLayout(MemoryFormat format) {
    this.format = format;
  }

  /// A new tensor of `values`, a batch of samples of `sampleShape`; the caller closes it.
  Tensor input(float[] values, List<Integer> sampleShape, int batch) {
    if (sampleShape.isEmpty()) {
      return plain(values, values.length);
    }
    if (sampleShape.size() == 1) {
      return plain(values, batch, sampleShape.getFirst());
    }
    long h = sampleShape.get(0);
    long w = sampleShape.get(1);
    long c = sampleShape.get(2);
    return image(values, batch, h, w, c);
  }

  /// A new leaf tensor that holds `values` of `parameter`; the caller closes it.
  Tensor parameter(ParameterSpec parameter, float[] values) {
    List<Integer> shape = parameter.shape();
    return switch (parameter.kind()) {
      case ParameterSpec.Dense() -> transposed(values, shape.get(0), shape.get(1));
      case ParameterSpec.DenseAfterImage(int h, int w, int c) ->
          afterImage(values, h, w, c, shape.get(1));
      case ParameterSpec.Filter() ->
          image(values, shape.get(0), shape.get(1), shape.get(2), shape.get(3));
      case ParameterSpec.Constant(float _) -> plain(values, values.length);
      case ParameterSpec.Operand() -> plain(values, values.length);
    };
  }

  /// The values of `tensor`, a parameter or its gradient, in our layout.
  float[] values(ParameterSpec parameter, Tensor tensor) {
    List<Integer> shape = parameter.shape();
    try (PointerScope _ = new PointerScope()) {
      Tensor plain = tensor.detach();
      Tensor ours =
          switch (parameter.kind()) {
            case ParameterSpec.Dense() -> plain.t();
            case ParameterSpec.DenseAfterImage(int h, int w, int c) ->
                plain.reshape(shape.get(1), c, h, w).permute(2, 3, 1, 0);
            case ParameterSpec.Filter() -> plain.permute(0, 2, 3, 1);
            case ParameterSpec.Constant(float _) -> plain;
            case ParameterSpec.Operand() -> plain;
          };
      float[] values = new float[parameter.size()];
      new FloatPointer(ours.contiguous().data_ptr()).get(values);
      return values;
    }
  }

  /// A new tensor of class numbers; the caller closes it.
  static Tensor labels(int[] labels) {
    try (PointerScope _ = new PointerScope()) {
      return kept(Tensor.create(Arrays.stream(labels).asLongStream().toArray()));
    }
  }

  private static Tensor plain(float[] values, long... shape) {
    try (PointerScope _ = new PointerScope()) {
      return kept(Tensor.create(values, shape));
    }
  }

  private Tensor image(float[] values, long n, long h, long w, long c) {
    try (PointerScope _ = new PointerScope()) {
      Tensor ours = Tensor.create(values, n, h, w, c);
      return kept(ours.permute(0, 3, 1, 2).contiguous(format));
    }
  }

  private static Tensor transposed(float[] values, long in, long out) {
    try (PointerScope _ = new PointerScope()) {
      return kept(Tensor.create(values, in, out).t().contiguous());
    }
  }

  private static Tensor afterImage(float[] values, long h, long w, long c, long out) {
    try (PointerScope _ = new PointerScope()) {
      Tensor ours = Tensor.create(values, h, w, c, out);
      return kept(ours.permute(3, 2, 0, 1).contiguous().view(out, c * h * w));
    }
  }

  /// Lets `tensor` outlive the innermost scope.
  private static Tensor kept(Tensor tensor) {
    tensor.retainReference();
    return tensor;
  }
}
