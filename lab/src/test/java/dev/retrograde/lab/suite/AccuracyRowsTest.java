package dev.retrograde.lab.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.choice.Saving;
import dev.retrograde.data.DataSet;
import dev.retrograde.data.generate.GeneratedDigits;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.lab.backward.BackwardRun;
import dev.retrograde.lab.backward.BackwardSpec;
import dev.retrograde.lab.suite.AccuracyRows.Pair;
import dev.retrograde.lab.suite.AccuracyRows.Trainer;
import dev.retrograde.lab.suite.FinishedRuns.Run;
import dev.retrograde.lab.task.Task;
import dev.retrograde.nn.Losses;
import dev.retrograde.target.Target;
import dev.retrograde.train.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class AccuracyRowsTest {
  private static final BackwardRun POOLED = BackwardSpec.parse("pooled:2").runs().getFirst();

  private final List<String> notes = new ArrayList<>();
  private final List<String> trained = new ArrayList<>();
  private final DataSet digits = GeneratedDigits.of(128, 16, 1);

  /// Two steps an epoch, eight epochs.
  private final Pair pair = new Pair("part", AccuracyTasks.residual(digits), POOLED, 3);

  /// Rows from runs that are made up; what was trained is written down.
  private AccuracyRows rows(Trainer trainer) {
    return new AccuracyRows(
        new FinishedRuns(Optional.empty()),
        (task, backward, seed) -> {
          trained.add("%s %d %d".formatted(backward, seed, task.epochs()));
          return trainer.train(task, backward, seed);
        },
        1,
        new Suite.Listener() {
          @Override
          public void row(SuiteRow row) {
            throw new AssertionError("rows are handed back");
          }

          @Override
          public void note(String line) {
            notes.add(line);
          }
        });
  }

  /// `store` is right in eight of ten; the policy gains this over it, and moves by a point of a
  /// hundred from seed to seed.
  private static Trainer gaining(double gain, double perEpoch) {
    return (task, backward, seed) ->
        new Run(
            backward.equals(POOLED)
                ? 0.8 + gain + perEpoch * (task.epochs() - 8) + 0.01 * (seed - 2)
                : 0.8,
            "bits",
            1);
  }

  @Test
  void differencesArePairedBySeedInPoints() {
    SuiteRow row = rows(gaining(0.02, 0)).reaches(pair, -0.7, -0.5);
    double margin = 4.303 / Math.sqrt(3);
    assertThat((double) row.fields().get("value")).isCloseTo(2 + margin, within(1e-9));
    assertThat((double) row.fields().get("mean_difference")).isCloseTo(2, within(1e-9));
    assertThat((double) row.fields().get("interval_low")).isCloseTo(2 - margin, within(1e-9));
    assertThat(row.fields())
        .containsEntry("seeds", 3)
        .containsEntry("steps", 16L)
        .doesNotContainKey("steps_needed");
    assertThat(trained)
        .containsExactly(
            "store 1 8", "pooled:2 1 8", "store 2 8", "pooled:2 2 8", "store 3 8", "pooled:2 3 8");
  }

  @Test
  @DisplayName("C11: a mean below the bar asks for more steps, wherever the interval ends")
  void aMeanBelowTheBarAsksForMoreSteps() {
    SuiteRow row = rows(gaining(-0.02, 0.004)).reaches(pair, -0.7, -0.5);
    assertThat(row.met()).isTrue();
    assertThat(row.fields()).containsEntry("steps_needed", "24");
    assertThat(notes.getLast())
        .isEqualTo(
            "part pooled:2: -0.40 points (-2.88 to 2.08) over store after 16 steps, with 24 of its"
                + " own");
    assertThat(trained).contains("pooled:2 3 12").doesNotContain("pooled:2 1 16", "store 1 12");
  }

  @Test
  @DisplayName("C11: where twice the steps do not suffice, the row says so")
  void twiceTheStepsMayNotSuffice() {
    assertThat(rows(gaining(-0.02, 0.002)).reaches(pair, -0.7, -0.5).fields())
        .containsEntry("steps_needed", "32");
    SuiteRow row = rows(gaining(-0.05, 0.001)).reaches(pair, -0.7, -0.5);
    assertThat(row.met()).isFalse();
    assertThat(row.fields()).containsEntry("steps_needed", "more than 32");
  }

  @Test
  void halfAnEpochCountsAsOne() {
    Pair odd = pair.withEpochs(5);
    assertThat(rows(gaining(0.01, 0.004)).reaches(odd, -0.1, 0).fields())
        .containsEntry("steps_needed", "16");
  }

  @Test
  @DisplayName("R14: a difference is too large either way")
  void differencesAreTooLargeEitherWay() {
    assertThat(rows(gaining(0.003, 0)).within(pair, 0.2).met()).isFalse();
    assertThat(rows(gaining(-0.003, 0)).within(pair, 0.2).met()).isFalse();
    assertThat(rows(gaining(-0.0015, 0)).within(pair, 0.2).met()).isTrue();
  }

  @Test
  @DisplayName("C15: what is gained is not lost")
  void gainsAreNoLoss() {
    SuiteRow row = rows(gaining(0.02, 0)).loses(pair, 0.5, Map.of("peak_below_store", 33.7));
    assertThat(row.met()).isTrue();
    assertThat((double) row.fields().get("value")).isCloseTo(-2, within(1e-9));
    assertThat(row.fields()).containsEntry("peak_below_store", 33.7);
    assertThat(rows(gaining(-0.006, 0)).loses(pair, 0.5, Map.of()).met()).isFalse();
  }

  @Test
  void bitsDecideWhetherLossesAreEqual() {
    assertThat(rows(gaining(0, 0)).sameBits(pair).met()).isTrue();
    Trainer other = (task, backward, seed) -> new Run(0.8, backward.toString(), 1);
    assertThat(rows(other).sameBits(pair).fields()).containsEntry("value", 1.0);
  }

  @Test
  void finishedRunsAreNotTrainedAgain() {
    AccuracyRows rows = rows(gaining(0, 0));
    rows.reaches(pair, -0.7, -0.5);
    rows.sameBits(pair);
    assertThat(trained).hasSize(6);
  }

  @Test
  void tasksOfAccuracyAreTouchedByTheirPolicies() {
    assertThat(kept(AccuracyTasks.reversible(digits), "reversible"))
        .isLessThan(kept(AccuracyTasks.reversible(digits), "exact"));
    assertThat(kept(AccuracyTasks.reversibleExact(digits), "reversible"))
        .isLessThan(kept(AccuracyTasks.reversibleExact(digits), "exact"));
    Task perceptron = AccuracyTasks.perceptron(digits);
    assertThat(kept(perceptron, "blocksparse:16:0.7")).isLessThan(kept(perceptron, "store"));
  }

  @Test
  @DisplayName("C15: a third of the peak goes with a large batch, little with a usual one")
  void blockSparsePeaksFallWithTheBatch() {
    Saving saving = Saving.parse("blocksparse:16:0.7");
    Target target = new JvmTarget();
    assertThat(Subject.perceptron(4096, target, Target.Options.DEFAULT).below(saving))
        .isGreaterThan(32);
    assertThat(Subject.perceptron(64, target, Target.Options.DEFAULT).below(saving))
        .isBetween(0.0, 10.0);
  }

  private static long kept(Task task, String saving) {
    Target target = new JvmTarget();
    Plan plan =
        new Plan(
            task.model(),
            Losses.crossEntropy(),
            task.optimizer(),
            Saving.parse(saving),
            List.of(28, 28, 1));
    return plan.saved(task.batch(), p -> target.forecast(p, Target.Options.DEFAULT)).kept();
  }
}
