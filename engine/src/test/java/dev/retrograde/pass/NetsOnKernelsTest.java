package dev.retrograde.pass;

import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.Program;
import dev.retrograde.trace.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Whole training steps as kernels.
class NetsOnKernelsTest {
  static List<Geometry> convolutions() {
    return List.of(
        Geometry.square(3, 1, 2),
        Geometry.square(3, 2, 1),
        Geometry.square(1, 2, 0),
        Geometry.square(5, 1, 2),
        new Geometry(3, 2, 2, 1, 1, 2, 0, 1, 2, 1, 2),
        new Geometry(2, 3, 3, 2, 0, 1, 2, 0, 1, 2, 1),
        new Geometry(3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 4));
  }

  /// Overlapping, padded, dilated, stepping over elements.
  static List<Geometry> windows() {
    return List.of(
        Geometry.square(3, 2, 1),
        Geometry.square(3, 1, 1),
        Geometry.square(2, 1, 0),
        Geometry.square(1, 2, 0),
        new Geometry(2, 3, 3, 1, 1, 0, 2, 0, 1, 2, 1));
  }

  private static void check(String what, Program p) {
    Comparison.check(what, p, 2e-5);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 17})
  void denseNets(int batch) {
    check("mlp", Nets.mlp(batch, 29, 37, 20));
  }

  @Test
  void lenet() {
    check("lenet", Nets.lenet(2, 14));
  }

  @Test
  void residualNetsWithBatchNormAndStrides() {
    check("resnet", Nets.resnet(2, 8, 1, 4, 8));
  }

  @ParameterizedTest
  @MethodSource
  void convolutions(Geometry g) {
    check(
        g.toString(),
        Nets.step(
            "conv",
            (t, x) -> {
              Tensor h = t.relu(Nets.conv(t, "a", x, 8, g));
              h = t.relu(Nets.conv(t, "b", h, 4, Geometry.square(3, 1, 1)));
              return Nets.dense(t, "out", t.mean(h, 1, 2), 3);
            },
            2,
            9,
            8,
            4));
  }

  @ParameterizedTest
  @MethodSource
  void windows(Geometry g) {
    check(
        g.toString(),
        Nets.step(
            "pool",
            (t, x) -> {
              Tensor h = Nets.conv(t, "a", x, 5, Geometry.square(1, 1, 0));
              Tensor max = t.mean(t.maxPool(h, g), 1, 2);
              return Nets.dense(t, "out", t.add(max, t.mean(t.windowSum(h, g), 1, 2)), 3);
            },
            2,
            7,
            6,
            2));
  }

  @Test
  void dropoutDrawsTheBitsOfTheInterpreter() {
    check(
        "dropout",
        Nets.step(
            "dropout",
            (t, x) -> {
              Tensor h = t.relu(Nets.dense(t, "a", x, 37));
              return Nets.dense(t, "out", Nets.dropout(t, h, 0.5), 3);
            },
            5,
            11));
  }
}
