package dev.retrograde.bench.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.bench.task.KernelShape;
import dev.retrograde.bench.task.KernelShape.Convolution;
import dev.retrograde.bench.task.KernelShape.Direction;
import dev.retrograde.bench.task.KernelShape.Product;
import dev.retrograde.bench.task.PlainReference;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DnnlKernelTest {
  private static float[] values(List<Integer> shape, long seed) {
    Random random = new Random(seed);
    float[] values = new float[KernelShape.size(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  private static double dot(float[] left, double[] right) {
    double sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += left[i] * right[i];
    }
    return sum;
  }

  private static float[] run(KernelShape shape, float[] first, float[] second) {
    try (DnnlLibrary library = new DnnlLibrary();
        DnnlKernel kernel = new DnnlKernel(library, shape, 1)) {
      kernel.setOperands(first, second);
      kernel.run();
      assertThat(kernel.implementation()).isNotBlank();
      return kernel.result();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "3, 17, 5", "16, 33, 40", "65, 64, 63"})
  void productAgreesWithPlainLoops(int m, int n, int k) {
    Product shape = new Product(m, n, k);
    float[] first = values(shape.first(), 1);
    float[] second = values(shape.second(), 2);
    double[] expected = PlainReference.dense(PlainReference.wide(first), m, second, new float[n]);
    assertThat(PlainReference.wide(run(shape, first, second)))
        .containsExactly(expected, within(1e-4));
  }

  @ParameterizedTest
  @CsvSource({"2, 9, 1, 6, 5, 1, 0", "3, 8, 6, 16, 3, 1, 1", "2, 8, 16, 32, 3, 2, 1"})
  void convolutionsAgreeWithPlainLoopsAndAreAdjoint(
      int batch, int size, int in, int out, int kernel, int stride, int padding) {
    var forward = new Convolution(Direction.FORWARD, batch, size, in, out, kernel, stride, padding);
    float[] x = values(forward.input(), 1);
    float[] w = values(forward.filter(), 2);
    float[] v = values(forward.output(), 3);
    double[] y = PlainReference.conv(forward, PlainReference.wide(x), w);
    assertThat(PlainReference.wide(run(forward, x, w))).containsExactly(y, within(1e-4));

    // <v, conv(x, w)> = <x, data gradient(v)> = <w, weight gradient(v)>
    double expected = dot(v, y);
    var data =
        new Convolution(Direction.BACKWARD_DATA, batch, size, in, out, kernel, stride, padding);
    assertThat(dot(x, PlainReference.wide(run(data, v, w)))).isCloseTo(expected, within(1e-2));
    var weights =
        new Convolution(Direction.BACKWARD_WEIGHTS, batch, size, in, out, kernel, stride, padding);
    assertThat(dot(w, PlainReference.wide(run(weights, x, v)))).isCloseTo(expected, within(1e-2));
  }

  @Test
  void anOperandOfAnotherSizeIsRefused() {
    try (DnnlLibrary library = new DnnlLibrary();
        DnnlKernel kernel = new DnnlKernel(library, new Product(2, 3, 4), 1)) {
      assertThatThrownBy(() -> kernel.setOperands(new float[8], new float[11]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("second operand: expected 12 values of shape [4, 3], found 11");
    }
  }
}
