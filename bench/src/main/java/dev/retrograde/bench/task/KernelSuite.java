package dev.retrograde.bench.task;

import dev.retrograde.bench.task.KernelShape.Convolution;
import dev.retrograde.bench.task.KernelShape.Direction;
import dev.retrograde.bench.task.KernelShape.Product;
import dev.retrograde.bench.timing.Goal;
import java.util.ArrayList;
import java.util.List;

/// The rows of `bench --suite kernels`: the products and convolutions that the training steps of
/// the peer suite are made of, and square products.
public final class KernelSuite {
  private static final Goal PRODUCT = new Goal(0.95, 1.1);
  private static final double PROBE_SHARE = 0.8;
  private static final Goal CONVOLUTION = new Goal(0.9, 1.1);

  /// One row to measure.
  ///
  /// @param shape the kernel
  /// @param goal what the ratio must reach
  /// @param probeShare the part of the fused-multiply-add probe that must be reached, 0 where none
  ///   is asked
  public record Entry(KernelShape shape, Goal goal, double probeShare) {}

  private KernelSuite() {}

  /// All rows.
  public static List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    for (int size : new int[] {256, 512, 1024}) {
      entries.add(new Entry(new Product(size, size, size), PRODUCT, PROBE_SHARE));
    }
    for (int batch : new int[] {1, 16, 64, 256}) {
      entries.add(new Entry(new Product(batch, 500, 784), PRODUCT, 0));
      entries.add(new Entry(new Product(batch, 500, 500), PRODUCT, 0));
      entries.add(new Entry(new Product(784, 500, batch), PRODUCT, 0));
    }
    convolution(entries, 64, 28, 1, 6, 5, 1, 0);
    convolution(entries, 64, 12, 6, 16, 5, 1, 0);
    convolution(entries, 64, 32, 16, 16, 3, 1, 1);
    convolution(entries, 100, 32, 3, 16, 3, 1, 1);
    convolution(entries, 100, 32, 16, 32, 3, 2, 1);
    convolution(entries, 100, 16, 32, 32, 3, 1, 1);
    convolution(entries, 100, 16, 32, 64, 3, 2, 1);
    convolution(entries, 100, 8, 64, 64, 3, 1, 1);
    return entries;
  }

  private static void convolution(
      List<Entry> entries,
      int batch,
      int size,
      int in,
      int out,
      int kernel,
      int stride,
      int padding) {
    for (Direction direction : Direction.values()) {
      var shape = new Convolution(direction, batch, size, in, out, kernel, stride, padding);
      entries.add(new Entry(shape, CONVOLUTION, 0));
    }
  }
}
