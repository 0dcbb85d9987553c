package dev.retrograde.lab.compare;

import dev.retrograde.lab.backward.BackwardRun;
import dev.retrograde.lab.backward.BackwardSpec;
import dev.retrograde.lab.record.Envelope;
import dev.retrograde.lab.task.Task;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.List;

/// Trains one task under several backward passes, in turn.
///
/// **Design.** What differs between rows must be the backward pass and nothing else. Weights come
/// from the seed and their names, batches from the seed and the epoch: both are hashed, and a row
/// whose hashes differ from the baseline's fails. Machines are shared and slow down by the minute,
/// so the rows of a seed take turns in blocks of steps, a different one first each round, and times
/// are compared block by block. Seeds follow one after another. Rows whose policy changes gradients
/// have them compared with the exact ones under the first seed.
///
/// @param task what is held fixed
/// @param spec the rows; `store` is added in front where it is absent
/// @param seeds at least one
/// @param target that all rows are compiled for
/// @param options how
public record Comparison(
    Task task, BackwardSpec spec, List<Long> seeds, Target target, Target.Options options) {
  /// Blocks that a run is cut into, unless they would be longer than [#LONGEST].
  private static final int BLOCKS = 16;

  private static final int LONGEST = 25;

  public Comparison {
    spec = spec.withBaseline();
    seeds = seeds.stream().distinct().toList();
    if (seeds.isEmpty()) {
      throw new IllegalArgumentException("a comparison needs at least one seed");
    }
  }

  /// Who hears how it goes, on the thread that trains.
  public interface Listener {
    /// After each block of steps, and once for a run that is refused.
    ///
    /// @param run that did them
    /// @param done steps done by all runs together
    /// @param total steps that all runs together will do
    void onBlock(Contestant run, long done, long total);

    /// Whether to end now; what is done is kept.
    default boolean cancelled() {
      return false;
    }
  }

  /// Runs it all.
  ///
  /// @param envelope of the record
  /// @throws dev.retrograde.lab.backward.BackwardSpecException if a pattern matches no layer
  /// @throws dev.retrograde.ir.ShapeException if the model does not take the data
  public ComparisonResult run(Envelope envelope, Listener listener) {
    spec.check(task.layers());
    List<RunResult> results = new ArrayList<>();
    List<ComparisonResult.Hashes> hashes = new ArrayList<>();
    Count count = new Count(seeds.size() * spec.runs().size() * task.steps());
    for (long seed : seeds) {
      List<Contestant> runs = new ArrayList<>();
      try {
        for (BackwardRun row : spec.runs()) {
          runs.add(new Contestant(task, row, seed, target, options));
        }
        if (seed == seeds.getFirst()) {
          runs.forEach(Contestant::watchGradients);
        }
        count.total -= runs.stream().filter(r -> !r.going()).count() * task.steps();
        race(runs, count, listener);
        runs.stream()
            .filter(r -> !r.weights().isEmpty())
            .findFirst()
            .ifPresent(
                r -> hashes.add(new ComparisonResult.Hashes(seed, r.weights(), r.batches())));
        runs.forEach(r -> results.add(r.result()));
      } finally {
        runs.forEach(Contestant::close);
      }
    }
    return new ComparisonResult(envelope, hashes, task.testSize(), byRow(results));
  }

  private static final class Count {
    private long done;
    private long total;

    Count(long total) {
      this.total = total;
    }
  }

  private void race(List<Contestant> runs, Count count, Listener listener) {
    int block = Math.clamp(task.steps() / BLOCKS, 1, LONGEST);
    runs.stream()
        .filter(r -> !r.going())
        .forEach(r -> listener.onBlock(r, count.done, count.total));
    for (int round = 0; runs.stream().anyMatch(Contestant::going); round++) {
      for (int i = 0; i < runs.size(); i++) {
        Contestant run = runs.get((i + round) % runs.size());
        if (!run.going()) {
          continue;
        }
        if (listener.cancelled()) {
          runs.forEach(r -> r.stop("interrupted at step " + r.steps()));
          return;
        }
        long before = run.steps();
        run.advance(block);
        checkAlike(runs, run);
        count.done += run.steps() - before;
        if (!run.going()) {
          count.total -= task.steps() - run.steps();
        }
        listener.onBlock(run, count.done, count.total);
      }
    }
  }

  private static void checkAlike(List<Contestant> runs, Contestant run) {
    for (Contestant other : runs) {
      boolean begun = !run.weights().isEmpty() && !other.weights().isEmpty();
      if (begun
          && !(run.weights().equals(other.weights()) && run.batches().equals(other.batches()))) {
        run.stop("it did not start from the weights and batches of " + other.backward());
      }
    }
  }

  private List<RunResult> byRow(List<RunResult> results) {
    List<RunResult> sorted = new ArrayList<>();
    for (BackwardRun row : spec.runs()) {
      results.stream().filter(r -> r.backward().equals(row)).forEach(sorted::add);
    }
    return sorted;
  }
}
