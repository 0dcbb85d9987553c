package dev.retrograde.lab.suite;

import dev.retrograde.lab.backward.BackwardRun;
import dev.retrograde.lab.compare.Spread;
import dev.retrograde.lab.suite.FinishedRuns.Run;
import dev.retrograde.lab.task.Task;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;

/// Rows about the test accuracy of a policy beside that of `store`, from runs that are paired by
/// seed. All differences are in percentage points, policy minus `store`, with the 95 % interval of
/// their mean.
///
/// @param finished runs that need not be trained again
/// @param trainer trains the others
/// @param threads that a step uses, for the rows
/// @param listener hears of each run
record AccuracyRows(FinishedRuns finished, Trainer trainer, int threads, Suite.Listener listener) {

  /// Trains a run from its first step to its last.
  interface Trainer {
    /// How many of the first losses a run's hash covers, at most.
    int FIRST_STEPS = 200;

    Run train(Task task, BackwardRun backward, long seed);
  }

  /// What is compared with `store`.
  ///
  /// @param part of the suite
  /// @param seeds how many: 1 and up
  record Pair(String part, Task task, BackwardRun backward, int seeds) {
    Pair withEpochs(int epochs) {
      return new Pair(part, AccuracyTasks.withEpochs(task, epochs), backward, seeds);
    }

    Figure figure(int threads, String metric) {
      return new Figure(part, task.name(), backward.toString(), task.batch(), threads, metric);
    }
  }

  /// Points that a policy gains over `store`.
  private record Gain(double mean, double margin) {
    double high() {
      return mean + margin;
    }

    Map<String, Object> fields(Pair pair) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("mean_difference", mean);
      all.put("interval_low", mean - margin);
      all.put("interval_high", high());
      all.put("seeds", pair.seeds());
      all.put("steps", pair.task().steps());
      return all;
    }
  }

  /// Whether the losses of the first steps are those of `store`, bit for bit; one seed.
  SuiteRow sameBits(Pair pair) {
    Run store = run(pair.part(), pair.task(), BackwardRun.STORE, 1);
    Run other = run(pair.part(), pair.task(), pair.backward(), 1);
    boolean equal = store.firstLosses().equals(other.firstLosses());
    return pair.figure(threads, Trainer.FIRST_STEPS + " steps that differ in a bit: 0 no, 1 yes")
        .atMost(equal ? 0 : 1, 0, null, Map.of("accuracy", other.accuracy()));
  }

  /// Whether the interval of the difference reaches above a bar. Where the mean is below it, longer
  /// training of the policy tells how many steps it needs to end at what `store` has.
  SuiteRow reaches(Pair pair, double must, double aim) {
    Gain gain = gain(pair, pair.task());
    Map<String, Object> more = gain.fields(pair);
    if (gain.mean() < must) {
      more.put("steps_needed", stepsNeeded(pair, must));
    }
    return pair.figure(threads, "upper end of the paired difference, points")
        .atLeast(gain.high(), must, aim, more);
  }

  /// Whether the mean of the difference is no larger than this, either way.
  SuiteRow within(Pair pair, double most) {
    Gain gain = gain(pair, pair.task());
    return pair.figure(threads, "size of the mean paired difference, points")
        .atMost(Math.abs(gain.mean()), most, null, gain.fields(pair));
  }

  /// Whether the mean that is lost is at most this.
  SuiteRow loses(Pair pair, double most, Map<String, Object> beside) {
    Gain gain = gain(pair, pair.task());
    Map<String, Object> more = gain.fields(pair);
    more.putAll(beside);
    return pair.figure(threads, "mean points lost, paired").atMost(-gain.mean(), most, null, more);
  }

  /// The least of one and a half and twice the steps that brings the mean to the bar, in words.
  /// Half an epoch counts as one.
  private String stepsNeeded(Pair pair, double must) {
    int epochs = pair.task().epochs();
    for (int more : List.of((3 * epochs + 1) / 2, 2 * epochs)) {
      Pair longer = pair.withEpochs(more);
      Gain gain = gain(longer, pair.task());
      listener.note(
          String.format(
              Locale.ROOT,
              "%s %s: %.2f points (%.2f to %.2f) over store after %d steps, with %d of its own",
              pair.part(),
              pair.backward(),
              gain.mean(),
              gain.mean() - gain.margin(),
              gain.high(),
              pair.task().steps(),
              longer.task().steps()));
      if (gain.mean() >= must) {
        return String.valueOf(longer.task().steps());
      }
    }
    return "more than " + 2 * pair.task().steps();
  }

  /// @param stored what `store` trains, perhaps for fewer steps
  private Gain gain(Pair pair, Task stored) {
    List<Double> differences = new ArrayList<>();
    for (long seed : LongStream.rangeClosed(1, pair.seeds()).toArray()) {
      Run store = run(pair.part(), stored, BackwardRun.STORE, seed);
      Run other = run(pair.part(), pair.task(), pair.backward(), seed);
      differences.add(100 * (other.accuracy() - store.accuracy()));
    }
    Spread spread = Spread.of(differences);
    return new Gain(spread.mean(), spread.margin());
  }

  private Run run(String part, Task task, BackwardRun backward, long seed) {
    String key = "%s %s seed %d %s".formatted(part, backward, seed, task.settings());
    return finished
        .find(key)
        .orElseGet(() -> {
          Run run = trainer.train(task, backward, seed);
          finished.add(key, run);
          listener.note(
              String.format(
                  Locale.ROOT,
                  "%s, %s, batch %d, %s, seed %d: accuracy %.4f after %d steps",
                  part,
                  task.name(),
                  task.batch(),
                  backward,
                  seed,
                  run.accuracy(),
                  task.steps()));
          return run;
        });
  }
}
