package dev.retrograde.cli;

import dev.retrograde.lab.compare.ComparisonResult;
import dev.retrograde.lab.compare.Row;
import dev.retrograde.lab.compare.RunResult;
import dev.retrograde.lab.compare.Spread;
import dev.retrograde.lab.compare.Verdict;
import dev.retrograde.lab.report.Unit;
import dev.retrograde.runtime.MemoryReport.Tag;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A comparison as text.
final class Tables {
  private static final int WIDTH = 96;

  private Tables() {}

  static void print(PrintWriter out, ComparisonResult result) {
    List<Row> rows = result.rows();
    out.print(Screen.table(results(rows)));
    out.println();
    List<List<String>> memory = memory(rows);
    if (memory.size() > 1) {
      out.println("peak memory by tag");
      out.print(Screen.table(memory));
      out.println();
    }
    for (Verdict v : result.verdicts()) {
      if (rows.size() > 1 && !v.row().equals(rows.getFirst())) {
        out.println(v.row().backward());
        out.print(Screen.wrapped(v.text(), "  ", WIDTH));
      }
    }
    out.println();
    for (ComparisonResult.Hashes h : result.hashes()) {
      out.printf(
          "seed %d: initial weights %s, order of batches %s%n", h.seed(), h.weights(), h.batches());
    }
    out.flush();
  }

  private static List<List<String>> results(List<Row> rows) {
    List<List<String>> table = new ArrayList<>();
    table.add(
        List.of(
            "backward",
            "accuracy",
            "loss",
            "time/step",
            "peak",
            "forecast",
            "residual",
            "MACs forward",
            "backward"));
    for (Row row : rows) {
      List<String> line = new ArrayList<>();
      line.add(row.backward().toString());
      if (row.done().isEmpty()) {
        line.add(row.runs().getFirst().status().text());
        table.add(line);
        continue;
      }
      Spread accuracy = row.accuracy();
      line.add(
          accuracy.count() > 1
              ? String.format(
                  Locale.ROOT, "%.2f ± %.2f %%", 100 * accuracy.mean(), 100 * accuracy.deviation())
              : Headline.percent(accuracy.mean()));
      line.add(String.format(Locale.ROOT, "%.4f", row.loss().mean()));
      line.add(Unit.SECONDS.text(row.secondsPerStep()));
      RunResult.Cost cost = row.cost().orElseThrow();
      line.add(Unit.BYTES.text(cost.memory().peakBytes()));
      line.add(
          cost.kept().forecast().map(f -> Unit.BYTES.text(f.memory().peakBytes())).orElse("-"));
      line.add(Unit.BYTES.text(cost.kept().kept()));
      line.add(Unit.COUNT.text(cost.forwardMacs()));
      line.add(Unit.COUNT.text(cost.backwardMacs()));
      table.add(line);
    }
    return table;
  }

  private static List<List<String>> memory(List<Row> rows) {
    List<List<String>> table = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("backward"));
    for (Tag tag : Tag.values()) {
      head.add(tag.name().toLowerCase(Locale.ROOT));
    }
    head.add("arena");
    table.add(head);
    for (Row row : rows) {
      row.cost()
          .ifPresent(cost -> {
            Map<Tag, Long> tags = cost.memory().atPeak();
            List<String> line = new ArrayList<>(List.of(row.backward().toString()));
            for (Tag tag : Tag.values()) {
              line.add(Unit.BYTES.text(tags.getOrDefault(tag, 0L)));
            }
            line.add(Unit.BYTES.text(cost.memory().arenaBytes()));
            table.add(line);
          });
    }
    return table;
  }
}
