package dev.retrograde.lab.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.data.generate.GeneratedDigits;
import dev.retrograde.interp.InterpTarget;
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

  private static ComparisonResult compare(Task task, String spec, List<Long> seeds) {
    return new Comparison(
            task, BackwardSpec.parse(spec), seeds, new InterpTarget(), Target.Options.DEFAULT)
        .run(Envelope.now("compare", task.settings()), (run, done, total) -> {});
  }

  @Test
  void recomputationChangesNoBitAndRefusedRowsDoNotStopTheOthers() {
    ComparisonResult result = compare(TASK, "pooled:2,recompute:2", List.of(1L, 2L));
    assertThat(result.rows())
        .extracting(r -> r.backward().toString())
        .containsExactly("store", "pooled:2", "recompute:2");
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
    ComparisonResult result = compare(TASK, "recompute:2", List.of(1L));
    assertThat(result.runs().get(0).resolved())
        .containsKeys("fc1", "relu1", "fc3")
        .allSatisfy((layer, choice) -> assertThat(choice).isEqualTo("store"));
    assertThat(result.runs().get(1).resolved()).containsValue("recompute:2");
  }

  @Test
  void runsTakeTurnsAndTheirStepsAddUp() {
    List<String> turns = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    new Comparison(
            TASK,
            BackwardSpec.parse("recompute:2,pooled"),
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
        .containsExactly("pooled", "store", "recompute:2", "recompute:2", "store");
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
