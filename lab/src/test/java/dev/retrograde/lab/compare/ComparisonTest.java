package dev.retrograde.lab.compare;

import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.sequential;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.data.generate.GeneratedDigits;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.lab.backward.BackwardSpec;
import dev.retrograde.lab.backward.BackwardSpecException;
import dev.retrograde.lab.compare.RunResult.Status;
import dev.retrograde.lab.record.Envelope;
import dev.retrograde.lab.task.Task;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Whole comparisons on the interpreter: a small network, 50 digits, batches of 20, two epochs.
class ComparisonTest {
  private static final Task TASK = task("mlp:6,5", Zoo.of("mlp:6,5", 10));

  private static Task task(String name, Layer model) {
    return new Task(
        name,
        model,
        GeneratedDigits.of(50, 20, 1),
        20,
        2,
        Optimizers.sgd(0.1).momentum(0.9),
        Schedule.constant(),
        List.of());
  }

  /// Two convolutions with norms, on images of which none is small.
  private static final Task NORMED =
      task(
          "normed",
          sequential(
              named("conv1", conv2d(3, 3)),
              named("bn1", batchNorm()),
              named("relu1", relu()),
              named("conv2", conv2d(3, 3)),
              named("bn2", batchNorm()),
              named("relu2", relu()),
              named("pool", globalAveragePool()),
              named("fc", dense(10))));

  private static ComparisonResult compare(Task task, Target target, String spec) {
    return new Comparison(
            task, BackwardSpec.parse(spec), List.of(1L), target, Target.Options.DEFAULT)
        .run(Envelope.now("compare", task.settings()), (run, done, total) -> {});
  }

  private static ComparisonResult compare(Task task, String spec, List<Long> seeds) {
    return new Comparison(
            task, BackwardSpec.parse(spec), seeds, new InterpTarget(), Target.Options.DEFAULT)
        .run(Envelope.now("compare", task.settings()), (run, done, total) -> {});
  }

  @Test
  void recomputationChangesNoBitAndRefusedRowsDoNotStopTheOthers() {
    ComparisonResult result = compare(TASK, "topk:0.5,recompute:2", List.of(1L, 2L));
    assertThat(result.rows())
        .extracting(r -> r.backward().toString())
        .containsExactly("store", "topk:0.5", "recompute:2");
    assertThat(result.rows().get(1).runs()).allMatch(r -> r.status() == Status.REFUSED);
    Row store = result.rows().get(0);
    Row recompute = result.rows().get(2);
    assertThat(store.done()).hasSize(2);
    assertThat(recompute.equalTo(store)).isTrue();
    for (RunResult run : store.runs()) {
      assertThat(run.course().loss()).hasSize(6).allMatch(Double::isFinite);
      assertThat(run.course().seconds()).hasSize(6).allMatch(s -> s > 0);
      assertThat(run.course().accuracyByEpoch()).hasSize(2).allMatch(a -> a >= 0 && a <= 1);
      assertThat(run.course().stepsByEpoch()).containsExactly(3, 6);
    }
    assertThat(store.runs().get(0).course().loss())
        .isNotEqualTo(store.runs().get(1).course().loss());
    assertThat(result.hashes()).hasSize(2);
    assertThat(result.hashes().get(0).weights()).matches("[0-9a-f]{16}");
    assertThat(result.hashes().get(0).weights()).isNotEqualTo(result.hashes().get(1).weights());
    assertThat(result.hashes().get(0).batches()).isNotEqualTo(result.hashes().get(1).batches());
  }

  @Test
  void costsComeFromTheCompiledProgram() {
    ComparisonResult result = compare(TASK, "recompute:2", List.of(1L));
    RunResult.Cost store = result.rows().get(0).cost().orElseThrow();
    RunResult.Cost recompute = result.rows().get(1).cost().orElseThrow();
    assertThat(store.parameters()).isEqualTo(784 * 6 + 6 + 6 * 5 + 5 + 5 * 10 + 10);
    assertThat(store.forwardMacs()).isEqualTo(20L * (784 * 6 + 6 * 5 + 5 * 10));
    assertThat(recompute.forwardMacs()).isEqualTo(store.forwardMacs());
    assertThat(recompute.backwardMacs()).isGreaterThanOrEqualTo(store.backwardMacs());
    long sum = 0;
    for (Map.Entry<Tag, Long> e : store.memory().atPeak().entrySet()) {
      sum += e.getValue();
    }
    assertThat(sum).isEqualTo(store.memory().peakBytes()).isPositive();
  }

  @Test
  void everyLayerSaysWhatItGot() {
    ComparisonResult result = compare(NORMED, new JvmTarget(), "exact,relu1=exact");
    Map<String, String> store = result.runs().get(0).resolved();
    assertThat(store)
        .containsEntry("relu1", "store")
        .containsEntry("bn1", "store")
        .containsEntry("fc", "keeps nothing");
    assertThat(result.runs().get(1).resolved())
        .containsEntry("relu1", "exact: 1 remade")
        .containsEntry("relu2", "exact: 1 remade");
    assertThat(result.runs().get(2).resolved())
        .containsEntry("relu1", "exact: 1 remade")
        .containsEntry("relu2", "store");
  }

  @Test
  void memoryIsForetoldToTheByteAndResidualsAreAccountedFor() {
    ComparisonResult result = compare(NORMED, new JvmTarget(), "exact");
    for (RunResult run : result.runs()) {
      Kept kept = run.cost().orElseThrow().kept();
      assertThat(kept.forecast().orElseThrow().memory().peakBytes())
          .isEqualTo(run.cost().orElseThrow().memory().peakBytes());
      assertThat(kept.forecastError()).isBetween(-0.005, 0.005);
    }
    Kept store = result.runs().get(0).cost().orElseThrow().kept();
    Kept exact = result.runs().get(1).cost().orElseThrow().kept();
    assertThat(store.policy()).isEqualTo("store");
    assertThat(store.kept()).isEqualTo(store.bytes());
    assertThat(exact.kept()).isPositive().isLessThan(store.kept());
    assertThat(result.rows().get(1).equalTo(result.rows().get(0))).isTrue();
  }

  @Test
  void gradientsOfLossyRowsAreComparedWithTheExactOnes() {
    ComparisonResult result = compare(NORMED, new JvmTarget(), "exact,quantized:8");
    assertThat(result.rows().get(1).fidelity()).isEmpty();
    Fidelity f = result.rows().get(2).fidelity().orElseThrow();
    assertThat(f.start()).containsKeys("conv1.weight", "bn2.weight", "fc.bias");
    assertThat(f.start()).as("zero but for roundings").doesNotContainKey("conv1.bias");
    assertThat(f.end()).hasSameSizeAs(f.start());
    assertThat(f.least()).isBetween(0.99, 1 - 1e-12);
    assertThat(f.doubtful()).isEmpty();
    assertThat(result.verdicts().get(2).text()).contains("Gradients agree with the exact ones");
  }

  @Test
  void whatNoPolicyCanDoIsARefusedRowWithItsReason() {
    ComparisonResult result = compare(TASK, "reversible,budget:1KiB", List.of(1L));
    assertThat(result.runs().get(0).ok()).isTrue();
    assertThat(result.runs().get(1).status()).isEqualTo(Status.REFUSED);
    assertThat(result.runs().get(1).reason())
        .contains("no layer that it covers declares an inverse");
    assertThat(result.runs().get(2).status()).isEqualTo(Status.REFUSED);
    assertThat(result.runs().get(2).reason())
        .startsWith("a budget of 0.0 MiB cannot be met: the least is");
    assertThat(result.verdicts().get(2).text()).startsWith("Refused: a budget of");
  }

  @Test
  void runsTakeTurnsAndTheirStepsAddUp() {
    List<String> turns = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    new Comparison(
            TASK,
            BackwardSpec.parse("recompute:2,topk:0.5"),
            List.of(1L),
            new InterpTarget(),
            Target.Options.DEFAULT)
        .run(
            Envelope.now("compare", Map.of()),
            (run, done, total) -> {
              turns.add(run.backward().toString());
              counts.add(done);
              assertThat(total).isEqualTo(12);
            });
    assertThat(turns.subList(0, 5))
        .containsExactly("topk:0.5", "store", "recompute:2", "recompute:2", "store");
    assertThat(counts).isSorted().endsWith(12L);
  }

  @Test
  void aLossThatIsNotFiniteFailsItsRow() {
    Layer bad = Zoo.of("mlp:4", 10);
    Task task =
        new Task(
            "mlp:4",
            (t, x) -> t.div(bad.apply(t, x), t.constant(x.dtype(), 0)),
            GeneratedDigits.of(20, 10, 1),
            10,
            1,
            Optimizers.sgd(0.1),
            Schedule.constant(),
            List.of());
    ComparisonResult result = compare(task, "store", List.of(1L));
    assertThat(result.runs().getFirst().status()).isEqualTo(Status.FAILED);
    assertThat(result.runs().getFirst().reason()).startsWith("not finite: step 0");
    assertThat(result.verdicts().getFirst().text()).startsWith("Failed: not finite");
    assertThat(result.json().get("runs").get(0).get("accuracy").isNull()).isTrue();
  }

  @Test
  void aModelThatDoesNotFitTheDataIsAnErrorAtOnce() {
    Task wrong = task("flat", (t, x) -> t.reshape(x, 7, 7));
    assertThatThrownBy(() -> compare(wrong, "store", List.of(1L)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aPatternThatMatchesNoLayerIsAnErrorAtOnce() {
    assertThatThrownBy(() -> compare(TASK, "nowhere.*=recompute:2", List.of(1L)))
        .isInstanceOf(BackwardSpecException.class)
        .hasMessageContaining("'nowhere.*' matches no layer; there are flatten, fc1");
  }

  @Test
  void whatIsCancelledKeepsWhatWasDone() {
    AtomicInteger blocks = new AtomicInteger();
    ComparisonResult result =
        new Comparison(
                TASK,
                BackwardSpec.parse("recompute:2"),
                List.of(1L),
                new InterpTarget(),
                Target.Options.DEFAULT)
            .run(
                Envelope.now("compare", Map.of()),
                new Comparison.Listener() {
                  @Override
                  public void onBlock(Contestant run, long done, long total) {
                    blocks.incrementAndGet();
                  }

                  @Override
                  public boolean cancelled() {
                    return blocks.get() == 3;
                  }
                });
    assertThat(result.runs())
        .extracting(RunResult::reason)
        .containsExactly("interrupted at step 1", "interrupted at step 2");
    assertThat(result.runs().get(1).course().loss()).hasSize(2);
  }
}
