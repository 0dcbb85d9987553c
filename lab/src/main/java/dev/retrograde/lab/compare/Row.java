package dev.retrograde.lab.compare;

import dev.retrograde.lab.backward.BackwardRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One row of a comparison: the runs of one backward pass, one a seed.
///
/// @param backward how they went backward
/// @param runs one a seed, in the order of the seeds
public record Row(BackwardRun backward, List<RunResult> runs) {
  public Row {
    runs = List.copyOf(runs);
  }

  /// Runs that went to their end.
  public List<RunResult> done() {
    return runs.stream().filter(RunResult::ok).toList();
  }

  /// The first run that did not, if any.
  public Optional<RunResult> broken() {
    return runs.stream().filter(r -> !r.ok()).findFirst();
  }

  /// Test accuracy over the seeds.
  public Spread accuracy() {
    return Spread.of(done().stream().map(r -> r.course().accuracy()).toList());
  }

  /// The loss over the last twentieth of the steps, over the seeds.
  public Spread loss() {
    return Spread.of(done().stream().map(Row::lastLoss).toList());
  }

  /// Seconds a step: the median over the runs of their medians.
  public double secondsPerStep() {
    return Spread.median(done().stream().map(r -> r.course().secondsPerStep()).toList());
  }

  /// What a step costs; the same for every seed.
  public Optional<RunResult.Cost> cost() {
    return runs.stream().flatMap(r -> r.cost().stream()).findFirst();
  }

  /// How far gradients point where the exact ones do, if that was looked at.
  public Optional<Fidelity> fidelity() {
    return runs.stream().flatMap(r -> r.fidelity().stream()).findFirst();
  }

  /// Accuracy minus the baseline's, seed by seed.
  public Spread accuracyAgainst(Row baseline) {
    List<Double> differences = new ArrayList<>();
    for (RunResult mine : done()) {
      baseline
          .sameSeed(mine)
          .ifPresent(b -> differences.add(mine.course().accuracy() - b.course().accuracy()));
    }
    return Spread.of(differences);
  }

  /// Time of each warm block of steps, divided by that of the baseline's block beside it.
  public List<Double> timeRatios(Row baseline) {
    List<Double> ratios = new ArrayList<>();
    for (RunResult mine : done()) {
      baseline
          .sameSeed(mine)
          .ifPresent(b -> {
            List<Double> ours = mine.course().blockSeconds();
            List<Double> theirs = b.course().blockSeconds();
            for (int i = 0; i < Math.min(ours.size(), theirs.size()); i++) {
              ratios.add(ours.get(i) / theirs.get(i));
            }
          });
    }
    return ratios;
  }

  /// Whether every loss and every accuracy equals the baseline's, bit for bit.
  public boolean equalTo(Row baseline) {
    return !done().isEmpty()
        && done().stream()
            .allMatch(mine ->
                baseline
                    .sameSeed(mine)
                    .filter(b -> b.course().loss().equals(mine.course().loss()))
                    .filter(
                        b -> b.course().accuracyByEpoch().equals(mine.course().accuracyByEpoch()))
                    .isPresent());
  }

  private Optional<RunResult> sameSeed(RunResult other) {
    return done().stream().filter(r -> r.seed() == other.seed()).findFirst();
  }

  private static double lastLoss(RunResult run) {
    List<Double> loss = run.course().loss();
    int from = loss.size() - Math.max(1, loss.size() / 20);
    return loss.isEmpty() ? Double.NaN : Spread.of(loss.subList(from, loss.size())).mean();
  }
}
