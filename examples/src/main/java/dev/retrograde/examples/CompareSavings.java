package dev.retrograde.examples;

import dev.retrograde.data.generate.GeneratedDigits;
import dev.retrograde.lab.backward.BackwardSpec;
import dev.retrograde.lab.compare.Comparison;
import dev.retrograde.lab.compare.ComparisonResult;
import dev.retrograde.lab.compare.Row;
import dev.retrograde.lab.record.Envelope;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.lab.task.Task;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.target.Target;
import java.util.List;
import java.util.Locale;

/// Trains one model under two backward passes, from the same weights on the same batches.
public final class CompareSavings {
  private CompareSavings() {}

  public static void main(String[] args) {
    Task task =
        new Task(
            "resnet:8",
            Zoo.of("resnet:8", 10),
            GeneratedDigits.of(640, 200, 1),
            32,
            3,
            Optimizers.adam(0.01),
            Schedule.cosine(),
            List.of());
    BackwardSpec rows = BackwardSpec.parse("store,recompute:1");
    Target target = Targets.find().choose("auto").target();
    Comparison comparison =
        new Comparison(task, rows, List.of(1L), target, Target.Options.threads(2));

    Envelope envelope = Envelope.now("compare", task.settings());
    ComparisonResult result = comparison.run(envelope, (run, done, total) -> {});
    Row store = result.rows().getFirst();
    for (Row row : result.rows()) {
      long peak = row.runs().getFirst().cost().orElseThrow().memory().peakBytes();
      System.out.printf(
          Locale.ROOT,
          "%-12s accuracy %.3f, peak %,d bytes, equal bits: %s%n",
          row.backward(),
          row.accuracy().mean(),
          peak,
          row.equalTo(store));
    }
  }
}
