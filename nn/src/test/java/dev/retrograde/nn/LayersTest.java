package dev.retrograde.nn;

import static dev.retrograde.nn.Layers.averagePool;
import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.block;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.flatten;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.identity;
import static dev.retrograde.nn.Layers.leakyRelu;
import static dev.retrograde.nn.Layers.maxPool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.residual;
import static dev.retrograde.nn.Layers.sequential;
import static dev.retrograde.nn.Layers.stage;
import static dev.retrograde.nn.Layers.subsample;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.ShapeException;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.Type;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Trace;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LayersTest {
  private static final Type IMAGES = Type.of(DType.F64, 2, 5, 6, 4);

  static Stream<Arguments> layers() {
    Type rows = Type.of(DType.F64, 3, 5);
    return Stream.of(
        Arguments.of("dense", dense(4), rows, List.of(3, 4)),
        Arguments.of("dense without bias", dense(4).noBias(), rows, List.of(3, 4)),
        Arguments.of("dense over time", dense(2), Type.of(DType.F64, 2, 3, 5), List.of(2, 3, 2)),
        Arguments.of("dense of one", dense(1), Type.of(DType.F64, 1, 1), List.of(1, 1)),
        Arguments.of("conv", conv2d(3, 3), IMAGES, List.of(2, 5, 6, 3)),
        Arguments.of("conv even", conv2d(3, 2), IMAGES, List.of(2, 5, 6, 3)),
        Arguments.of("conv wide", conv2d(3, 1, 4), IMAGES, List.of(2, 5, 6, 3)),
        Arguments.of("conv valid", conv2d(3, 3).valid(), IMAGES, List.of(2, 3, 4, 3)),
        Arguments.of("conv stride", conv2d(3, 3).stride(2), IMAGES, List.of(2, 3, 3, 3)),
        Arguments.of("conv pad", conv2d(3, 3).pad(2), IMAGES, List.of(2, 7, 8, 3)),
        Arguments.of("conv dilated", conv2d(3, 3).dilation(2), IMAGES, List.of(2, 5, 6, 3)),
        Arguments.of("conv grouped", conv2d(6, 3).groups(2).noBias(), IMAGES, List.of(2, 5, 6, 6)),
        Arguments.of("max pool", maxPool(2), IMAGES, List.of(2, 2, 3, 4)),
        Arguments.of("max pool dense", maxPool(3).stride(1).pad(1), IMAGES, List.of(2, 5, 6, 4)),
        Arguments.of("mean pool", averagePool(2), IMAGES, List.of(2, 2, 3, 4)),
        Arguments.of("mean pool pad", averagePool(3).stride(2).pad(1), IMAGES, List.of(2, 3, 3, 4)),
        Arguments.of("global pool", globalAveragePool(), IMAGES, List.of(2, 4)),
        Arguments.of("relu", relu(), IMAGES, List.of(2, 5, 6, 4)),
        Arguments.of("leaky relu", leakyRelu(0.1), IMAGES, List.of(2, 5, 6, 4)),
        Arguments.of("tanh", Layers.tanh(), IMAGES, List.of(2, 5, 6, 4)),
        Arguments.of("sigmoid", Layers.sigmoid(), IMAGES, List.of(2, 5, 6, 4)),
        Arguments.of("silu", Layers.silu(), IMAGES, List.of(2, 5, 6, 4)),
        Arguments.of("gelu", Layers.gelu(), IMAGES, List.of(2, 5, 6, 4)),
        Arguments.of("softplus", Layers.softplus(), IMAGES, List.of(2, 5, 6, 4)),
        Arguments.of("flatten", flatten(), IMAGES, List.of(2, 120)),
        Arguments.of("subsample", subsample(2, 7), IMAGES, List.of(2, 3, 3, 7)),
        Arguments.of("batch norm", batchNorm(), IMAGES, List.of(2, 5, 6, 4)),
        Arguments.of("batch norm of rows", batchNorm(), rows, List.of(3, 5)),
        Arguments.of("batch norm twice", batchNorm().twice(), IMAGES, List.of(2, 5, 6, 4)),
        Arguments.of(
            "residual",
            residual(conv2d(6, 3).stride(2), subsample(2, 6)).then(relu()),
            IMAGES,
            List.of(2, 3, 3, 6)),
        Arguments.of(
            "chain",
            sequential(conv2d(3, 3).noBias(), batchNorm(), relu(), maxPool(2), flatten(), dense(2)),
            IMAGES,
            List.of(2, 2)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layers")
  void givesItsShapeAndTheGradientOfCentralDifferences(
      String name, Layer layer, Type input, List<Integer> shape) {
    for (boolean training : new boolean[] {true, false}) {
      Probe p = Probe.of(layer, training, input);
      assertThat(p.output("y").type().dims()).isEqualTo(shape);
      assertThat(p.gradientError()).as(training ? "training" : "evaluation").isLessThan(1e-7);
    }
  }

  @Test
  void denseMultipliesByItsWeightAndAddsItsBias() {
    Probe p = Probe.of(dense(2), true, Type.of(DType.F32, 1, 2));
    p.inputs.put("x", HostTensor.of(Type.of(DType.F32, 1, 2), 1, 10));
    p.state.put("weight", HostTensor.of(Type.of(DType.F32, 2, 2), 1, 2, 3, 4));
    p.state.put("bias", HostTensor.of(Type.of(DType.F32, 2), 0.5, -0.5));
    assertThat(p.output("y").toDoubles()).containsExactly(31.5, 41.5);
  }

  @Test
  void leakyReluScalesWhatIsNotAboveZero() {
    Type t = Type.of(DType.F32, 4);
    Probe p = Probe.of(leakyRelu(0.5), true, t);
    p.inputs.put("x", HostTensor.of(t, -2, 0, 3, Double.NaN));
    assertThat(p.output("y").toDoubles()).containsExactly(-1, 0, 3, Double.NaN);
  }

  @Test
  void averagePoolDividesByTheElementsInsideTheImage() {
    Probe p = Probe.of(averagePool(3).stride(1).pad(1), true, Type.of(DType.F32, 1, 2, 2, 1));
    p.inputs.put("x", HostTensor.of(Type.of(DType.F32, 1, 2, 2, 1), 1, 2, 3, 6));
    assertThat(p.output("y").toDoubles()).containsExactly(3, 3, 3, 3);
  }

  @Test
  void subsampleKeepsEverySecondRowAndPadsChannelsOnBothSides() {
    Type t = Type.of(DType.F32, 1, 3, 3, 1);
    Probe p = Probe.of(subsample(2, 3), true, t);
    p.inputs.put("x", HostTensor.fill(t, i -> i));
    assertThat(p.output("y").toDoubles()).containsExactly(0, 0, 0, 0, 2, 0, 0, 6, 0, 0, 8, 0);
  }

  @Test
  void childrenAreCalledByKindAndNumberOrAsGiven() {
    Layer net =
        sequential(
            conv2d(2, 3).noBias(),
            batchNorm(),
            stage("stage1", block("block0", residual(conv2d(2, 1))), block("block1", identity())),
            flatten(),
            dense(3),
            relu(),
            dense(2),
            named("head", dense(1)));
    assertThat(Summary.of(net, Type.of(DType.F32, 1, 4, 4, 1)).entries())
        .extracting(StateEntry::name)
        .containsExactly(
            "conv0.weight",
            "batchNorm0.weight",
            "batchNorm0.bias",
            "batchNorm0.running_mean",
            "batchNorm0.running_var",
            "stage1.block0.weight",
            "stage1.block0.bias",
            "dense0.weight",
            "dense0.bias",
            "dense1.weight",
            "dense1.bias",
            "head.weight",
            "head.bias");
  }

  @Test
  void oneLayerObjectAtTwoPlacesHasTwoSetsOfParameters() {
    Layer twice = dense(3);
    assertThat(Summary.of(sequential(twice, twice), Type.of(DType.F32, 1, 3)).parameters())
        .isEqualTo(24);
  }

  @Test
  void twoChildrenOfOneNameAreRefused() {
    assertThatThrownBy(() -> sequential(named("a", relu()), named("a", relu())))
        .hasMessageContaining("called 'a'")
        .hasMessageContaining("rename one");
  }

  @Test
  void aMessageAboutAShapeNamesTheLineOfTheLayer() {
    Layer net = named("fc", dense(10));
    assertThatThrownBy(() -> Probe.of(net, true, Type.of(DType.F32, 2, 4, 4, 1)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("dense 'fc' (LayersTest.java:")
        .hasMessageContaining("found f32[2,4,4,1]")
        .hasMessageContaining("Put flatten() before it");
    Layer sum = residual(conv2d(3, 3));
    assertThatThrownBy(() -> Probe.of(sum, true, Type.of(DType.F32, 2, 4, 4, 1)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("(LayersTest.java:")
        .hasMessageContaining("subsample(stride, channels)");
  }

  @Test
  void wrongOptionsAreRefusedWhenTheLayerIsMade() {
    assertThatThrownBy(() -> conv2d(5, 3).groups(2)).hasMessageContaining("groups divide");
    assertThatThrownBy(() -> dense(0)).hasMessageContaining("at least 1 output");
    assertThatThrownBy(() -> conv2d(1, 0)).hasMessageContaining("kernel");
    assertThatThrownBy(() -> Layers.dropout(1)).hasMessageContaining("below 1");
    assertThatThrownBy(() -> batchNorm().momentum(2)).hasMessageContaining("momentum");
    assertThatThrownBy(() -> named("a.b", relu())).hasMessageContaining("'a.b'");
    assertThatThrownBy(() -> block("x", relu())).hasMessageContaining("begins with 'block'");
  }

  @Test
  void aLambdaIsALayer() {
    Layer square = (t, x) -> t.mul(x, x);
    Probe p = Probe.of(sequential(dense(3), square), true, Type.of(DType.F64, 2, 2));
    assertThat(p.gradientError()).isLessThan(1e-8);
  }

  @Test
  void initialisersHaveThePublishedDeviations() {
    Layer net =
        sequential(
            named("normal", dense(400).noBias()),
            named("even", dense(400).noBias().init(Initializer.xavierUniform())));
    Type rows = Type.of(DType.F32, 1, 300);
    Program p = Trace.program("p", true, t -> t.output("y", net.apply(t, t.input("x", rows))));
    try (StateStore store = StateStore.of(3, p)) {
      assertThat(deviation(store.get("normal.weight")))
          .isCloseTo(Math.sqrt(2.0 / 300), within(0.01));
      assertThat(deviation(store.get("even.weight"))).isCloseTo(Math.sqrt(2.0 / 800), within(0.01));
      double edge = Math.sqrt(6.0 / 800);
      assertThat(Arrays.stream(store.get("even.weight").toDoubles()))
          .allMatch(v -> Math.abs(v) <= edge);
    }
  }

  private static Percentage within(double share) {
    return Percentage.withPercentage(share * 100);
  }

  private static double deviation(HostTensor t) {
    double s = 0;
    for (double v : t.toDoubles()) {
      s += v * v;
    }
    return Math.sqrt(s / t.size());
  }
}
