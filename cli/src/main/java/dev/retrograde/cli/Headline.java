package dev.retrograde.cli;

import dev.retrograde.lab.report.Unit;
import dev.retrograde.lab.task.Task;
import dev.retrograde.nn.Summary;
import dev.retrograde.train.Material;
import java.io.PrintWriter;
import java.util.Locale;

/// What a command is about to do.
final class Headline {
  private Headline() {}

  static void print(PrintWriter out, TaskOptions.Resolved resolved) {
    Task task = resolved.task();
    Material data = task.data();
    Summary summary = task.summary();
    out.printf(
        Locale.ROOT,
        "model   %s, %,d parameters, %s multiply-adds a sample%n",
        task.name(),
        summary.parameters(),
        Unit.COUNT.text((double) summary.macs() / task.batch()));
    out.printf(
        Locale.ROOT,
        "data    %s: %,d to train on, %,d to test on, %s, %d classes%n",
        data.name(),
        task.trainSize(),
        task.testSize(),
        data.sample(),
        data.classes());
    data.notes().forEach(n -> out.println("        " + n));
    out.printf(
        Locale.ROOT,
        "run     batch %d, %d epoch%s (%,d steps), %s, %s%n",
        task.batch(),
        task.epochs(),
        task.epochs() == 1 ? "" : "s",
        task.steps(),
        task.optimizer().spec(),
        task.schedule().spec());
    out.printf(
        "target  %s, %d thread%s%n",
        resolved.target().name(),
        resolved.options().threads(),
        resolved.options().threads() == 1 ? "" : "s");
    if (!resolved.targetWhy().isEmpty()) {
      out.println("        " + resolved.targetWhy());
    }
    resolved.notes().forEach(n -> out.println("note    " + n));
    out.println();
    out.flush();
  }

  static String percent(double share) {
    return Double.isFinite(share) ? String.format(Locale.ROOT, "%.2f %%", 100 * share) : "-";
  }
}
