package dev.retrograde.bench.libtorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.bench.task.Batch;
import dev.retrograde.bench.task.Elementwise;
import dev.retrograde.bench.task.FirstValues;
import dev.retrograde.bench.task.Lenet;
import dev.retrograde.bench.task.LossAgreement;
import dev.retrograde.bench.task.Mlp;
import dev.retrograde.bench.task.ParameterSpec;
import dev.retrograde.bench.task.PeerTask;
import dev.retrograde.bench.task.PlainReference;
import dev.retrograde.bench.task.ResidualStage;
import dev.retrograde.bench.task.Resnet;
import dev.retrograde.bench.task.Resnet18;
import dev.retrograde.bench.task.Sgd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class TorchPeerTest {
  private static final long SEED = 11;
  private static final Sgd SGD = new Sgd(0.05f, 0.9f);

  private static TorchPeer open(PeerTask task, int batch, TorchLayout layout) {
    TorchPeer peer = new TorchPeer(task, batch, layout);
    peer.threads(1);
    peer.setParameters(FirstValues.parameters(task, SEED));
    peer.setInputs(FirstValues.batch(task, batch, SEED));
    return peer;
  }

  @ParameterizedTest
  @EnumSource
  void lenetStartsAtTheLossOfPlainLoops(TorchLayout layout) {
    Lenet task = new Lenet(SGD);
    Batch batch = FirstValues.batch(task, 3, SEED);
    double expected = PlainReference.lenet(FirstValues.parameters(task, SEED), batch);
    try (TorchPeer peer = open(task, 3, layout)) {
      assertThat((double) peer.step()).isCloseTo(expected, within(1e-5));
    }
  }

  @ParameterizedTest
  @EnumSource
  void resnetStartsAtTheLossOfPlainLoops(TorchLayout layout) {
    Resnet task = new Resnet(1, Resnet.ChannelPadding.BEHIND, SGD);
    Batch batch = FirstValues.batch(task, 4, SEED);
    double expected = PlainReference.resnet(task, FirstValues.parameters(task, SEED), batch);
    try (TorchPeer peer = open(task, 4, layout)) {
      assertThat((double) peer.step()).isCloseTo(expected, within(1e-4));
    }
  }

  @ParameterizedTest
  @EnumSource
  void resnet18StartsAtTheLossOfPlainLoops(TorchLayout layout) {
    Resnet18 task = new Resnet18(SGD);
    Batch batch = FirstValues.batch(task, 2, SEED);
    double expected = PlainReference.resnet18(FirstValues.parameters(task, SEED), batch);
    try (TorchPeer peer = open(task, 2, layout)) {
      assertThat((double) peer.step()).isCloseTo(expected, within(1e-4));
    }
  }

  @ParameterizedTest
  @EnumSource
  void parametersComeBackAsTheyWereGiven(TorchLayout layout) {
    Lenet task = new Lenet(SGD);
    try (TorchPeer peer = open(task, 2, layout)) {
      Map<String, float[]> given = FirstValues.parameters(task, SEED);
      Map<String, float[]> back = peer.parameters();
      given.forEach((name, values) -> assertThat(back.get(name)).isEqualTo(values));
    }
  }

  @Test
  void momentumFollowsItsFormulaForThreeSteps() {
    Mlp task = new Mlp(List.of(5, 4, 3), SGD);
    Map<String, float[]> expected = FirstValues.parameters(task, SEED);
    try (TorchPeer peer = open(task, 6, TorchLayout.CONTIGUOUS)) {
      float[] velocity = new float[expected.get("dense1.weight").length];
      float[] weight = expected.get("dense1.weight");
      for (int step = 0; step < 3; step++) {
        peer.step();
        float[] gradient = peer.gradients().get("dense1.weight");
        for (int i = 0; i < weight.length; i++) {
          velocity[i] = 0.9f * velocity[i] + gradient[i];
          weight[i] -= 0.05f * velocity[i];
        }
      }
      assertThat(peer.parameters().get("dense1.weight")).containsExactly(weight, within(1e-6f));
    }
  }

  @Test
  void gradientsOfLenetAgreeWithCentralDifferencesOfPlainLoops() {
    Lenet task = new Lenet(SGD);
    Batch batch = FirstValues.batch(task, 2, SEED);
    try (TorchPeer peer = open(task, 2, TorchLayout.CHANNELS_LAST)) {
      peer.step();
      Map<String, float[]> gradients = peer.gradients();
      for (ParameterSpec parameter : task.parameters()) {
        int at = largest(gradients.get(parameter.name()));
        double slope =
            (nudged(task, batch, parameter.name(), at, 1e-3f)
                    - nudged(task, batch, parameter.name(), at, -1e-3f))
                / 2e-3;
        assertThat((double) gradients.get(parameter.name())[at])
            .as(parameter.name())
            .isCloseTo(slope, within(2e-2 * Math.abs(slope)));
      }
    }
  }

  private static double nudged(Lenet task, Batch batch, String name, int at, float by) {
    Map<String, float[]> values = FirstValues.parameters(task, SEED);
    values.get(name)[at] += by;
    return PlainReference.lenet(values, batch);
  }

  private static int largest(float[] values) {
    int largest = 0;
    for (int i = 1; i < values.length; i++) {
      if (Math.abs(values[i]) > Math.abs(values[largest])) {
        largest = i;
      }
    }
    return largest;
  }

  // Measured: at 16 channels and more the layouts stay within 1e-6. At 8 channels libtorch 2.10 on
  // an
  // AVX-512 processor computes other gradients in one layout than in the other (1e-3 of the loss
  // after one update); no task of the suite has 8 channels.
  @Test
  void bothLayoutsAgreeForTenSteps() {
    PeerTask task = new ResidualStage(2, 16, 8, new Sgd(0.01f, 0.9f));
    try (TorchPeer contiguous = open(task, 4, TorchLayout.CONTIGUOUS);
        TorchPeer channelsLast = open(task, 4, TorchLayout.CHANNELS_LAST)) {
      var losses =
          LossAgreement.after(10, contiguous, channelsLast, FirstValues.parameters(task, SEED));
      assertThat(losses.worst()).isLessThan(1e-4);
      assertThat(losses.ours()[9]).isLessThan(losses.ours()[0]);
    }
  }

  @Test
  void elementwiseFollowsItsFormula() {
    Elementwise task = new Elementwise(1000);
    Map<String, float[]> values = FirstValues.parameters(task, SEED);
    double expected = 0;
    for (int i = 0; i < 1000; i++) {
      double a = values.get("a")[i];
      double b = values.get("b")[i];
      double c = values.get("c")[i];
      double d = values.get("d")[i];
      double gate = Math.tanh(a * b + c) * Math.exp(-d * d);
      expected += 1 / (1 + Math.exp(-gate)) - Math.max(0, a - b) * 0.5 + c / (1 + Math.abs(d));
    }
    try (TorchPeer peer = open(task, 0, TorchLayout.CONTIGUOUS)) {
      assertThat((double) peer.step()).isCloseTo(expected, within(1e-2));
      assertThat(peer.parameters().get("a")).isEqualTo(values.get("a"));
      assertThat(peer.gradients()).containsOnlyKeys("a", "b", "c", "d");
    }
  }

  @Test
  void memoryStaysFlatOverStepsAndNewParameters() throws IOException {
    Mlp task = new Mlp(List.of(256, 256, 10), SGD);
    Map<String, float[]> values = FirstValues.parameters(task, SEED);
    try (TorchPeer peer = open(task, 64, TorchLayout.CONTIGUOUS)) {
      stir(peer, values);
      long before = residentKilobytes();
      stir(peer, values);
      // A leak of one activation a step would be 64 kB * 2,000, of the parameters 280 kB * 200.
      assertThat(residentKilobytes() - before).isLessThan(30_000);
    }
  }

  private static void stir(TorchPeer peer, Map<String, float[]> values) {
    for (int round = 0; round < 200; round++) {
      peer.setParameters(values);
      for (int step = 0; step < 10; step++) {
        peer.step();
      }
    }
  }

  private static long residentKilobytes() throws IOException {
    String line =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(entry -> entry.startsWith("VmRSS:"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(line.replaceAll("[^0-9]", ""));
  }

  @Test
  void aMissingParameterIsNamed() {
    Mlp task = new Mlp(List.of(2, 2), SGD);
    Map<String, float[]> values = FirstValues.parameters(task, SEED);
    values.remove("dense1.bias");
    try (TorchPeer peer = new TorchPeer(task, 1, TorchLayout.CONTIGUOUS)) {
      assertThatThrownBy(() -> peer.setParameters(values))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'dense1.bias'")
          .hasMessageContaining("expected 2 values");
      values.put("dense9.bias", new float[2]);
      assertThatThrownBy(() -> peer.setParameters(values))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no parameter 'dense9.bias'");
      assertThatThrownBy(peer::step).hasMessageContaining("call setParameters first");
    }
  }

  @Test
  void aBatchOfAnotherSizeIsRefused() {
    Mlp task = new Mlp(List.of(2, 2), SGD);
    try (TorchPeer peer = new TorchPeer(task, 3, TorchLayout.CONTIGUOUS)) {
      assertThatThrownBy(() -> peer.setInputs(FirstValues.batch(task, 2, SEED)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected 6 inputs and 3 labels, found 4 and 2");
    }
  }
}
