package dev.retrograde.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.bench.onednn.DnnlKernel;
import dev.retrograde.bench.onednn.DnnlLibrary;
import dev.retrograde.bench.task.FirstValues;
import dev.retrograde.bench.task.KernelShape;
import dev.retrograde.bench.task.KernelShape.Convolution;
import dev.retrograde.bench.task.KernelShape.Direction;
import dev.retrograde.bench.task.KernelShape.Product;
import dev.retrograde.x64.X64Target;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class EngineKernelTest {
  private static void agrees(KernelShape shape) {
    float[] first = FirstValues.uniform(KernelShape.size(shape.first()), 1);
    float[] second = FirstValues.uniform(KernelShape.size(shape.second()), 2);
    try (EngineKernel ours = new EngineKernel(new X64Target(), shape, 1);
        DnnlLibrary library = new DnnlLibrary();
        DnnlKernel peer = new DnnlKernel(library, shape, 1)) {
      ours.setOperands(first, second);
      peer.setOperands(first, second);
      peer.run();
      assertThat(ours.result()).containsExactly(peer.result(), within(1e-3f));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 10, 13", "64, 64, 64", "207, 21, 65"})
  void productsAreOneDnns(int m, int n, int k) {
    agrees(new Product(m, n, k));
  }

  @ParameterizedTest
  @EnumSource
  void convolutionsAreOneDnns(Direction direction) {
    agrees(new Convolution(direction, 3, 12, 6, 16, 5, 1, 0));
    agrees(new Convolution(direction, 2, 8, 16, 32, 3, 2, 1));
  }

  @Test
  void whatIsTimedDoesAllMultiplyAddsOfTheShape() {
    Product shape = new Product(64, 48, 32);
    try (EngineKernel ours = new EngineKernel(new X64Target(), shape, 1)) {
      long macs = ours.times().lines().stream().mapToLong(KernelTimes.Line::macs).sum();
      assertThat(2.0 * macs).isEqualTo(shape.flops());
    }
  }

  @Test
  void onlyPaddedConvolutionsPayForABorder() {
    var padded = new Convolution(Direction.FORWARD, 2, 8, 16, 16, 3, 1, 1);
    var plain = new Convolution(Direction.FORWARD, 2, 8, 16, 16, 3, 1, 0);
    try (EngineKernel with = new EngineKernel(new X64Target(), padded, 1);
        EngineKernel without = new EngineKernel(new X64Target(), plain, 1)) {
      assertThat(with.shareOfBorder()).isBetween(1e-6, 0.999);
      assertThat(without.shareOfBorder()).isZero();
    }
  }

  @Test
  void operandsOfAnotherSizeAreRefused() {
    try (EngineKernel ours = new EngineKernel(new X64Target(), new Product(2, 3, 4), 1)) {
      assertThatThrownBy(() -> ours.setOperands(new float[8], new float[11]))
          .hasMessageContaining("expected 12 values of shape " + List.of(4, 3) + ", found 11");
    }
  }
}
