package dev.retrograde.lab.compare;

import dev.retrograde.choice.Saving;
import dev.retrograde.lab.backward.BackwardRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What a row came to, in words, against the baseline.
///
/// A difference in accuracy counts as noise if it lies within the larger of two margins: the 95 %
/// interval of the paired difference over the seeds (from two seeds on), and what drawing another
/// test set of this size would change. A difference in time counts as noise if the middle half of
/// the blocks' ratios spans 1; below 2 % it is not called one.
///
/// @param row the row
/// @param text a few short sentences: accuracy, gradients, bytes kept, peak and time
public record Verdict(Row row, String text) {

  static Verdict of(Row row, Row baseline, int testSamples) {
    if (row.broken().isPresent()) {
      RunResult broken = row.broken().get();
      String seed = row.runs().size() > 1 ? " (seed " + broken.seed() + ")" : "";
      String word = broken.status() == RunResult.Status.REFUSED ? "Refused" : "Failed";
      return new Verdict(row, word + seed + ": " + broken.reason() + ".");
    }
    if (row.backward().equals(BackwardRun.STORE)) {
      return new Verdict(row, "The baseline.");
    }
    if (baseline.done().isEmpty()) {
      return new Verdict(row, "Nothing to compare with: the baseline did not finish.");
    }
    List<String> sentences = new ArrayList<>();
    sentences.add(accuracy(row, baseline, testSamples));
    row.fidelity().ifPresent(f -> sentences.add(f.text()));
    kept(row, baseline).ifPresent(sentences::add);
    String cost = memory(row, baseline) + ", " + time(row, baseline) + ".";
    sentences.add(cost.substring(0, 1).toUpperCase(Locale.ROOT) + cost.substring(1));
    return new Verdict(row, String.join(" ", sentences));
  }

  private static String accuracy(Row row, Row baseline, int testSamples) {
    if (row.equalTo(baseline)) {
      return "Exact: every loss equals the baseline's, bit for bit.";
    }
    Spread difference = row.accuracyAgainst(baseline);
    double p = Math.clamp(baseline.accuracy().mean(), 0, 1);
    double sampling = 1.96 * Math.sqrt(2 * Math.max(p * (1 - p), 1e-4) / testSamples);
    double margin = difference.count() > 1 ? Math.max(difference.margin(), sampling) : sampling;
    double points = 100 * difference.mean();
    String size =
        String.format(Locale.ROOT, "Accuracy %s (margin %.2f)", inPoints(points), 100 * margin);
    if (Math.abs(difference.mean()) <= margin) {
      return size
          + ": within noise"
          + (difference.count() < 2 ? "; several seeds would tell more." : ".");
    }
    return difference.count() < 2
        ? size
            + ": more than another test set would explain; only several seeds tell it from chance."
        : size + ": a real " + (points < 0 ? "loss." : "gain.");
  }

  private static String inPoints(double points) {
    return Math.abs(points) < 0.005
        ? "equal"
        : String.format(
            Locale.ROOT, "%.2f points %s", Math.abs(points), points < 0 ? "lower" : "higher");
  }

  private static String memory(Row row, Row baseline) {
    if (row.cost().isEmpty() || baseline.cost().isEmpty()) {
      return "memory unknown";
    }
    long mine = row.cost().get().memory().peakBytes();
    long theirs = baseline.cost().get().memory().peakBytes();
    if (mine == theirs) {
      return "the same peak memory";
    }
    double share = 100.0 * Math.abs(mine - theirs) / theirs;
    return String.format(
        Locale.ROOT, "%.1f %% %s peak memory", share, mine < theirs ? "less" : "more");
  }

  private static Optional<String> kept(Row row, Row baseline) {
    if (row.cost().isEmpty() || baseline.cost().isEmpty()) {
      return Optional.empty();
    }
    Kept mine = row.cost().get().kept();
    Kept theirs = baseline.cost().get().kept();
    String instead =
        mine.kept() == theirs.kept()
            ? "as much as the baseline"
            : String.format(
                Locale.ROOT, "%s instead of %s", bytes(mine.kept()), bytes(theirs.kept()));
    boolean budget = row.backward().saving() instanceof Saving.Budget;
    String found = budget ? ", under " + mine.summary() : "";
    return Optional.of("Backward keeps " + instead + found + ".");
  }

  private static String bytes(long bytes) {
    return bytes < 1 << 20
        ? String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0)
        : String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
  }

  private static String time(Row row, Row baseline) {
    List<Double> ratios = row.timeRatios(baseline);
    if (ratios.isEmpty()) {
      return "too few steps to compare time";
    }
    double median = Spread.median(ratios);
    if (Math.abs(median - 1) < 0.02) {
      return "a step takes as long";
    }
    boolean spans = Spread.quantile(ratios, 0.25) <= 1 && Spread.quantile(ratios, 0.75) >= 1;
    return String.format(
        Locale.ROOT,
        "a step takes %.0f %% %s%s",
        100 * Math.abs(median - 1),
        median > 1 ? "longer" : "less time",
        spans ? ", which is within the noise of this machine" : "");
  }
}
