package dev.retrograde.lab.suite;

import static dev.retrograde.nn.Layers.averagePool;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.flatten;
import static dev.retrograde.nn.Layers.maxPool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.residual;
import static dev.retrograde.nn.Layers.sequential;
import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.choice.Residual;
import dev.retrograde.choice.Saving;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.target.Target;
import dev.retrograde.train.Plan;
import java.util.List;
import org.junit.jupiter.api.Test;

/// `store`, against which everything is measured, keeps what backward reads and nothing else.
class BaselineTest {
  private static final int BATCH = 4;
  private static final int CHANNELS = 8;

  private static Layer net() {
    return sequential(
        named("conv", conv2d(CHANNELS, 3)),
        named("relu", relu()),
        named("average", averagePool(2)),
        named("sum", residual(named("inner", conv2d(CHANNELS, 3)))),
        named("max", maxPool(2)),
        named("flatten", flatten()),
        named("fc", dense(10)));
  }

  /// Of one layer: op and bytes, as text.
  private static List<String> kept(String layer) {
    Target target = new JvmTarget();
    Plan plan =
        new Plan(
            net(),
            Losses.crossEntropy(),
            Optimizers.sgd(0.1),
            new Saving.Store(),
            List.of(16, 16, 1));
    return plan.saved(BATCH, p -> target.forecast(p, Target.Options.DEFAULT)).residuals().stream()
        .filter(r -> r.layer().equals(layer) || r.layer().startsWith(layer + "/"))
        .map(BaselineTest::text)
        .toList();
  }

  private static String text(Residual r) {
    return r.op() + " " + r.kept();
  }

  private static int values(int side) {
    return BATCH * side * side * CHANNELS;
  }

  @Test
  void sumsAndBiasesKeepNothing() {
    assertThat(kept("conv")).isEmpty();
    assertThat(kept("sum")).isEmpty();
  }

  @Test
  void aReluWhoseResultNobodyReadsKeepsItsComparison() {
    assertThat(kept("relu")).containsExactly("compare " + values(16));
  }

  /// What there is of an average is the input of the next convolution.
  @Test
  void averagesKeepOnlyWhatTheNextProductReads() {
    assertThat(kept("average")).hasSize(1).first().asString().endsWith(" " + 4 * values(8));
  }

  @Test
  void maximaKeepAByteForEachWindow() {
    assertThat(kept("max"))
        .containsExactlyInAnyOrder("WindowMax " + values(4), "WindowMax " + 4 * values(4));
  }
}
