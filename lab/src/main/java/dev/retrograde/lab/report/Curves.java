package dev.retrograde.lab.report;

import dev.retrograde.lab.compare.Row;
import dev.retrograde.lab.compare.RunResult;
import dev.retrograde.lab.report.LineChart.Label;
import dev.retrograde.lab.report.LineChart.Line;
import dev.retrograde.lab.report.LineChart.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Loss and accuracy over steps and over seconds, and accuracy against memory.
///
/// @param rows of the comparison
record Curves(List<Row> rows) {

  void write(Markup out) {
    int window = window();
    String loss = window > 1 ? "loss (mean of " + window + " steps)" : "loss";
    Label lossAxis = new Label(loss, Unit.NUMBER);
    Label steps = new Label("steps", Unit.COUNT);
    Label seconds = new Label("seconds in steps", Unit.SECONDS);
    Label accuracy = new Label("test accuracy", Unit.PERCENT);
    new LineChart("Loss against steps", steps, lossAxis, true, series(r -> loss(r, false, window)))
        .write(out);
    new LineChart(
            "Loss against seconds", seconds, lossAxis, true, series(r -> loss(r, true, window)))
        .write(out);
    new LineChart("Accuracy against steps", steps, accuracy, false, series(r -> accuracy(r, false)))
        .write(out);
    new LineChart(
            "Accuracy against seconds", seconds, accuracy, false, series(r -> accuracy(r, true)))
        .write(out);
    List<ScatterChart.Point> points = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      if (!row.done().isEmpty() && row.cost().isPresent()) {
        points.add(
            new ScatterChart.Point(
                row.backward().toString(),
                Report.color(i),
                row.cost().get().memory().peakBytes(),
                row.accuracy().mean(),
                row.accuracy().deviation()));
      }
    }
    if (!points.isEmpty()) {
      new ScatterChart(
              "Accuracy against peak memory",
              new Label("planned peak", Unit.BYTES),
              accuracy,
              points)
          .write(out);
      ScatterChart time =
          new ScatterChart(
              "Time a step against peak memory",
              new Label("planned peak", Unit.BYTES),
              new Label("time a step", Unit.SECONDS),
              times());
      time.write(out);
    }
  }

  private List<ScatterChart.Point> times() {
    List<ScatterChart.Point> points = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      if (!row.done().isEmpty() && row.cost().isPresent()) {
        points.add(
            new ScatterChart.Point(
                row.backward().toString(),
                Report.color(i),
                row.cost().get().memory().peakBytes(),
                row.secondsPerStep(),
                0));
      }
    }
    return points;
  }

  /// A series a row: the mean over its seeds, the single seeds behind it.
  private List<Series> series(Function<RunResult, Line> line) {
    List<Series> all = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      List<Line> lines =
          rows.get(i).runs().stream().map(line).filter(l -> !l.ys().isEmpty()).toList();
      if (!lines.isEmpty()) {
        all.add(
            new Series(
                rows.get(i).backward().toString(),
                Report.color(i),
                mean(lines),
                lines.size() > 1 ? lines : List.of()));
      }
    }
    return all;
  }

  private static Line mean(List<Line> lines) {
    int n = lines.stream().mapToInt(l -> l.ys().size()).min().orElse(0);
    List<Double> xs = new ArrayList<>();
    List<Double> ys = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      int at = i;
      xs.add(lines.stream().mapToDouble(l -> l.xs().get(at)).average().orElse(0));
      ys.add(lines.stream().mapToDouble(l -> l.ys().get(at)).average().orElse(0));
    }
    return new Line(xs, ys);
  }

  private static Line loss(RunResult run, boolean bySeconds, int window) {
    List<Double> xs = new ArrayList<>();
    double seconds = 0;
    for (int i = 0; i < run.course().loss().size(); i++) {
      seconds += run.course().seconds().get(i);
      xs.add(bySeconds ? seconds : i + 1.0);
    }
    return new Line(xs, run.course().loss()).smoothed(window);
  }

  private static Line accuracy(RunResult run, boolean bySeconds) {
    List<Double> xs = new ArrayList<>();
    for (int steps : run.course().stepsByEpoch()) {
      xs.add(
          bySeconds
              ? run.course().seconds().subList(0, steps).stream().mapToDouble(s -> s).sum()
              : steps);
    }
    return new Line(xs, run.course().accuracyByEpoch());
  }

  private int window() {
    int most = 0;
    for (Row row : rows) {
      for (RunResult run : row.runs()) {
        most = Math.max(most, run.course().loss().size());
      }
    }
    return most < 40 ? 1 : Math.max(1, most / 50);
  }
}
