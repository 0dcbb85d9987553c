package dev.retrograde.bench.task;

import java.util.List;

/// A single kernel to measure: what it computes and its extents, in our layout.
///
/// Every kernel reads two operands and writes one result.
public sealed interface KernelShape {
  /// What a convolution kernel computes.
  enum Direction {
    /// From image and filter to image.
    FORWARD,
    /// From the output's cotangent and the filter to the input's cotangent.
    BACKWARD_DATA,
    /// From the input and the output's cotangent to the filter's cotangent.
    BACKWARD_WEIGHTS
  }

  /// The kernel's name in reports.
  String name();

  /// Floating-point operations of one call, a multiply-add counted as two.
  double flops();

  /// Shape of the first operand.
  List<Integer> first();

  /// Shape of the second operand.
  List<Integer> second();

  /// Shape of the result.
  List<Integer> result();

  /// Number of elements of `shape`.
  static int size(List<Integer> shape) {
    return shape.stream().reduce(1, Math::multiplyExact);
  }

  /// The product of `[m, k]` and `[k, n]`.
  ///
  /// @param m rows of the first matrix
  /// @param n columns of the second matrix
  /// @param k columns of the first and rows of the second matrix
  record Product(int m, int n, int k) implements KernelShape {
    /// Checks that every extent is positive.
    public Product {
      if (m < 1 || n < 1 || k < 1) {
        throw new IllegalArgumentException(
            "Product: expected positive m, n and k, found " + m + ", " + n + ", " + k);
      }
    }

    @Override
    public String name() {
      return "product m%d n%d k%d".formatted(m, n, k);
    }

    @Override
    public double flops() {
      return 2.0 * m * n * k;
    }

    @Override
    public List<Integer> first() {
      return List.of(m, k);
    }

    @Override
    public List<Integer> second() {
      return List.of(k, n);
    }

    @Override
    public List<Integer> result() {
      return List.of(m, n);
    }
  }

  /// A 2-D convolution on square images: image `[batch, size, size, in]`, filter `[out, kernel,
  /// kernel, in]`.
  ///
  /// @param direction which of its three kernels
  /// @param batch images
  /// @param size rows and columns of the input image
  /// @param in input channels
  /// @param out output channels
  /// @param kernel rows and columns of the filter
  /// @param stride pixels between two positions of the filter
  /// @param padding zero pixels added on each side
  record Convolution(
      Direction direction,
      int batch,
      int size,
      int in,
      int out,
      int kernel,
      int stride,
      int padding)
      implements KernelShape {
    /// Checks that extents are positive and that the filter fits.
    public Convolution {
      if (batch < 1 || size < 1 || in < 1 || out < 1 || kernel < 1 || stride < 1 || padding < 0) {
        throw new IllegalArgumentException(
            ("Convolution: expected positive extents and stride and padding >= 0, found batch %d, "
                    + "size %d, in %d, out %d, kernel %d, stride %d, padding %d")
                .formatted(batch, size, in, out, kernel, stride, padding));
      }
      if (size + 2 * padding < kernel) {
        throw new IllegalArgumentException(
            "Convolution: the filter of %d pixels does not fit %d pixels padded by %d"
                .formatted(kernel, size, padding));
      }
    }

    /// Rows and columns of the output image.
    public int outputSize() {
      return (size + 2 * padding - kernel) / stride + 1;
    }

    @Override
    public String name() {
      String what =
          switch (direction) {
            case FORWARD -> "forward";
            case BACKWARD_DATA -> "backward-data";
            case BACKWARD_WEIGHTS -> "backward-weights";
          };
      return "conv-%s n%d %dx%d %d->%d k%d s%d p%d"
          .formatted(what, batch, size, size, in, out, kernel, stride, padding);
    }

    @Override
    public double flops() {
      return 2.0 * batch * outputSize() * outputSize() * out * kernel * kernel * in;
    }

    @Override
    public List<Integer> first() {
      return switch (direction) {
        case FORWARD, BACKWARD_WEIGHTS -> input();
        case BACKWARD_DATA -> output();
      };
    }

    @Override
    public List<Integer> second() {
      return switch (direction) {
        case FORWARD, BACKWARD_DATA -> filter();
        case BACKWARD_WEIGHTS -> output();
      };
    }

    @Override
    public List<Integer> result() {
      return switch (direction) {
        case FORWARD -> output();
        case BACKWARD_DATA -> input();
        case BACKWARD_WEIGHTS -> filter();
      };
    }

    /// Shape of the input image.
    public List<Integer> input() {
      return List.of(batch, size, size, in);
    }

    /// Shape of the filter.
    public List<Integer> filter() {
      return List.of(out, kernel, kernel, in);
    }

    /// Shape of the output image.
    public List<Integer> output() {
      return List.of(batch, outputSize(), outputSize(), out);
    }
  }
}
