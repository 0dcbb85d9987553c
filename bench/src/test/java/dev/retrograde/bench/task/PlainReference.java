package dev.retrograde.bench.task;

import java.util.Map;

/// Forward passes in plain loops over our layout, in f64, to check what a peer computes.
public final class PlainReference {
  private PlainReference() {}

  /// `[n, in]` times `[in, out]` plus a bias.
  public static double[] dense(double[] x, int n, float[] weight, float[] bias) {
    int out = bias.length;
    int in = weight.length / out;
    double[] y = new double[n * out];
    for (int row = 0; row < n; row++) {
      for (int o = 0; o < out; o++) {
        double sum = bias[o];
        for (int i = 0; i < in; i++) {
          sum += x[row * in + i] * weight[i * out + o];
        }
        y[row * out + o] = sum;
      }
    }
    return y;
  }

  /// A convolution of `[n, size, size, in]` with `[out, k, k, in]`.
  public static double[] conv(KernelShape.Convolution shape, double[] x, float[] filter) {
    int size = shape.size();
    int outSize = shape.outputSize();
    int k = shape.kernel();
    double[] y = new double[KernelShape.size(shape.output())];
    for (int at = 0; at < y.length; at++) {
      int o = at % shape.out();
      int column = at / shape.out() % outSize;
      int row = at / shape.out() / outSize % outSize;
      int n = at / shape.out() / outSize / outSize;
      double sum = 0;
      for (int tap = 0; tap < k * k; tap++) {
        int r = row * shape.stride() + tap / k - shape.padding();
        int c = column * shape.stride() + tap % k - shape.padding();
        if (r < 0 || r >= size || c < 0 || c >= size) {
          continue;
        }
        for (int i = 0; i < shape.in(); i++) {
          sum +=
              x[((n * size + r) * size + c) * shape.in() + i]
                  * filter[(o * k * k + tap) * shape.in() + i];
        }
      }
      y[at] = sum;
    }
    return y;
  }

  /// Adds a bias of one value a channel in place.
  public static double[] addBias(double[] x, float[] bias) {
    for (int i = 0; i < x.length; i++) {
      x[i] += bias[i % bias.length];
    }
    return x;
  }

  /// ReLU in place.
  public static double[] relu(double[] x) {
    for (int i = 0; i < x.length; i++) {
      x[i] = Math.max(0, x[i]);
    }
    return x;
  }

  /// The largest of each 2 by 2 pixels of `[n, size, size, c]`.
  public static double[] pool(double[] x, int n, int size, int c) {
    int half = size / 2;
    double[] y = new double[n * half * half * c];
    for (int at = 0; at < y.length; at++) {
      int channel = at % c;
      int column = at / c % half * 2;
      int row = at / c / half % half * 2;
      int image = at / c / half / half;
      int corner = ((image * size + row) * size + column) * c + channel;
      y[at] =
          Math.max(
              Math.max(x[corner], x[corner + c]),
              Math.max(x[corner + size * c], x[corner + size * c + c]));
    }
    return y;
  }

  /// Batch norm by the batch's own statistics, ε 1e-5, in place.
  public static double[] norm(double[] x, float[] scale, float[] shift) {
    int channels = scale.length;
    int count = x.length / channels;
    for (int c = 0; c < channels; c++) {
      double sum = 0;
      double squares = 0;
      for (int i = c; i < x.length; i += channels) {
        sum += x[i];
        squares += x[i] * x[i];
      }
      double mean = sum / count;
      double factor = scale[c] / Math.sqrt(squares / count - mean * mean + 1e-5);
      for (int i = c; i < x.length; i += channels) {
        x[i] = (x[i] - mean) * factor + shift[c];
      }
    }
    return x;
  }

  /// The mean cross-entropy of `[n, classes]` logits.
  public static double crossEntropy(double[] logits, int[] labels) {
    int classes = logits.length / labels.length;
    double total = 0;
    for (int n = 0; n < labels.length; n++) {
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += Math.exp(logits[n * classes + c]);
      }
      total += Math.log(sum) - logits[n * classes + labels[n]];
    }
    return total / labels.length;
  }

  /// The loss of LeNet.
  public static double lenet(Map<String, float[]> p, Batch batch) {
    int n = batch.labels().length;
    double[] x = pool(relu(layer(p, "conv1", convolution(n, 28, 1, 6), wide(batch.x()))), n, 24, 6);
    x = pool(relu(layer(p, "conv2", convolution(n, 12, 6, 16), x)), n, 8, 16);
    x = relu(dense(x, n, p.get("dense1.weight"), p.get("dense1.bias")));
    x = relu(dense(x, n, p.get("dense2.weight"), p.get("dense2.bias")));
    return crossEntropy(dense(x, n, p.get("dense3.weight"), p.get("dense3.bias")), batch.labels());
  }

  private static KernelShape.Convolution convolution(int n, int size, int in, int out) {
    return new KernelShape.Convolution(KernelShape.Direction.FORWARD, n, size, in, out, 5, 1, 0);
  }

  private static double[] layer(
      Map<String, float[]> p, String name, KernelShape.Convolution shape, double[] x) {
    return addBias(conv(shape, x, p.get(name + ".filter")), p.get(name + ".bias"));
  }

  /// The loss of a residual network whose zero channels are behind.
  public static double resnet(Resnet task, Map<String, float[]> p, Batch batch) {
    int n = batch.labels().length;
    double[] x = conv(three(n, 32, 3, 16, 1), wide(batch.x()), p.get("stem.conv.filter"));
    x = relu(norm(x, p.get("stem.norm.scale"), p.get("stem.norm.shift")));
    int size = 32;
    int in = 16;
    for (int stage = 0; stage < 3; stage++) {
      int out = Resnet.channels(stage);
      for (int block = 1; block <= task.blocksPerStage(); block++) {
        String name = "stage" + (stage + 1) + ".block" + block;
        int stride = in == out ? 1 : 2;
        double[] y = conv(three(n, size, in, out, stride), x, p.get(name + ".conv1.filter"));
        y = relu(norm(y, p.get(name + ".norm1.scale"), p.get(name + ".norm1.shift")));
        y = conv(three(n, size / stride, out, out, 1), y, p.get(name + ".conv2.filter"));
        y = norm(y, p.get(name + ".norm2.scale"), p.get(name + ".norm2.shift"));
        addShortcut(y, x, size, in, out, stride);
        x = relu(y);
        size /= stride;
        in = out;
      }
    }
    double[] pooled = means(x, n, size, in);
    return crossEntropy(
        dense(pooled, n, p.get("dense.weight"), p.get("dense.bias")), batch.labels());
  }

  /// The loss of ResNet-18.
  public static double resnet18(Map<String, float[]> p, Batch batch) {
    int n = batch.labels().length;
    double[] x = conv(three(n, 32, 3, 64, 1), wide(batch.x()), p.get("stem.conv.filter"));
    x = relu(normed(p, "stem.norm", x));
    int size = 32;
    int in = 64;
    for (int stage = 0; stage < Resnet18.STAGES; stage++) {
      int out = 64 << stage;
      for (int block = 0; block < Resnet18.BLOCKS; block++) {
        String name = Resnet18.block(stage, block);
        int stride = Resnet18.halves(stage, block) ? 2 : 1;
        double[] y = conv(three(n, size, in, out, stride), x, p.get(name + ".conv1.filter"));
        y = relu(normed(p, name + ".norm1", y));
        y = conv(three(n, size / stride, out, out, 1), y, p.get(name + ".conv2.filter"));
        y = normed(p, name + ".norm2", y);
        double[] shortcut = stride == 1 ? x : projected(p, name + ".shortcut", x, n, size, in);
        for (int i = 0; i < y.length; i++) {
          y[i] += shortcut[i];
        }
        x = relu(y);
        size /= stride;
        in = out;
      }
    }
    double[] features = means(x, n, size, in);
    return crossEntropy(
        dense(features, n, p.get("dense.weight"), p.get("dense.bias")), batch.labels());
  }

  /// A strided 1x1 convolution to twice the channels, and its norm.
  private static double[] projected(
      Map<String, float[]> p, String name, double[] x, int n, int size, int in) {
    var shape =
        new KernelShape.Convolution(KernelShape.Direction.FORWARD, n, size, in, 2 * in, 1, 2, 0);
    return normed(p, name + ".norm", conv(shape, x, p.get(name + ".conv.filter")));
  }

  private static double[] normed(Map<String, float[]> p, String name, double[] x) {
    return norm(x, p.get(name + ".scale"), p.get(name + ".shift"));
  }

  /// The mean of each channel of `[n, size, size, c]`.
  private static double[] means(double[] x, int n, int size, int c) {
    double[] means = new double[n * c];
    for (int i = 0; i < x.length; i++) {
      means[i / (size * size * c) * c + i % c] += x[i] / (size * size);
    }
    return means;
  }

  private static KernelShape.Convolution three(int n, int size, int in, int out, int stride) {
    return new KernelShape.Convolution(
        KernelShape.Direction.FORWARD, n, size, in, out, 3, stride, 1);
  }

  private static void addShortcut(double[] y, double[] x, int size, int in, int out, int stride) {
    int half = size / stride;
    for (int at = 0; at < y.length; at++) {
      int channel = at % out;
      if (channel < in) {
        int column = at / out % half * stride;
        int row = at / out / half % half * stride;
        int image = at / out / half / half;
        y[at] += x[((image * size + row) * size + column) * in + channel];
      }
    }
  }

  /// `values` in f64.
  public static double[] wide(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
