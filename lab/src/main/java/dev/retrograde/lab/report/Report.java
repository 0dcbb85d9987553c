package dev.retrograde.lab.report;

import dev.retrograde.lab.compare.ComparisonResult;
import dev.retrograde.lab.compare.Row;
import dev.retrograde.lab.compare.RunResult;
import dev.retrograde.lab.compare.Spread;
import dev.retrograde.lab.compare.Verdict;
import dev.retrograde.lab.record.Envelope;
import dev.retrograde.lab.record.Json;
import dev.retrograde.lab.record.Machine;
import dev.retrograde.runtime.MemoryReport.Tag;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A comparison, or a single training run, as one HTML page.
///
/// The page holds its style, its script, its charts and the whole record as JSON (the element with
/// id `record`); it opens from a disk with no network. Without scripts it only loses the read-out
/// under the pointer.
///
/// @param title at the top of the page
/// @param result what is shown
public record Report(String title, ComparisonResult result) {

  /// Writes the page, making its folder.
  public void write(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Files.writeString(file, html());
  }

  /// The page.
  public String html() {
    Markup out = new Markup();
    out.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n")
        .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n")
        .raw("<meta name=\"color-scheme\" content=\"light dark\"/>\n")
        .element("title", "", title)
        .raw("\n<style>\n" + resource("report.css") + "</style>\n</head>\n<body>\n<main>\n");
    head(out);
    verdicts(out);
    table(out);
    if (result.runs().stream().anyMatch(r -> !r.course().loss().isEmpty())) {
      curves(out);
    }
    memory(out);
    ResidualTables tables = new ResidualTables(result.rows());
    tables.residuals(out);
    tables.fidelity(out);
    details(out);
    out.raw("</main>\n<script type=\"application/json\" id=\"record\">")
        .raw(Json.tree(result.json()).toString().replace("<", "\\u003c"))
        .raw("</script>\n<script>\n" + resource("report.js") + "</script>\n</body>\n</html>\n");
    return out.toString();
  }

  private void head(Markup out) {
    Envelope e = result.envelope();
    Machine m = e.machine();
    out.raw("<header>\n").element("h1", "", title);
    out.element(
        "p",
        "class=\"under\"",
        "%s · %s · %d thread%s · Java %s · Retrograde %s"
            .formatted(
                e.time().toString().replace("T", " ").replace("Z", " UTC"),
                m.cpu(),
                m.threads(),
                m.threads() == 1 ? "" : "s",
                m.java(),
                e.version()));
    out.raw("\n</header>\n");
  }

  private void verdicts(Markup out) {
    List<Verdict> verdicts = result.verdicts();
    if (verdicts.size() < 2) {
      return;
    }
    out.raw("<section class=\"cards\" id=\"verdict\">\n");
    for (int i = 1; i < verdicts.size(); i++) {
      Row row = verdicts.get(i).row();
      out.raw("<article class=\"card b%d%s\">", color(i), row.broken().isPresent() ? " broken" : "")
          .element("h2", "", row.backward().toString())
          .element("p", "", verdicts.get(i).text())
          .raw("</article>\n");
    }
    out.raw("</section>\n");
  }

  private void table(Markup out) {
    out.raw(
        "<section>\n<h2>Results</h2>\n<div class=\"scroll\"><table id=\"results\">\n<thead><tr>");
    for (String h :
        List.of(
            "backward",
            "accuracy",
            "loss",
            "time a step",
            "peak memory",
            "forecast",
            "kept for backward",
            "residual",
            "gradient",
            "cotangent",
            "workspace",
            "arena",
            "forward MACs",
            "backward MACs")) {
      out.element("th", h.equals("backward") ? "" : "class=\"n\"", h);
    }
    out.raw("</tr></thead>\n<tbody>\n");
    List<Row> rows = result.rows();
    for (int i = 0; i < rows.size(); i++) {
      row(out, rows.get(i), i);
    }
    out.raw("</tbody>\n</table></div>\n");
    out.element(
        "p",
        "class=\"note\"",
        String.format(
            Locale.ROOT,
            "Accuracy on %,d test samples after the last epoch%s. Loss: mean of the last twentieth"
                + " of the steps. Time: median of warm blocks of steps, which runs take in turn."
                + " Forecast: the peak as it was foretold before anything ran. Kept for backward:"
                + " bytes of residuals when forward ends; residual: those alive at the peak."
                + " MACs: multiply-adds of one step.",
            result.testSamples(),
            seeds() > 1 ? ", mean ± deviation over " + seeds() + " seeds" : ""));
    out.raw("\n</section>\n");
  }

  private void row(Markup out, Row row, int index) {
    out.raw("<tr><th scope=\"row\"><i class=\"swatch b%d\"></i>", color(index))
        .text(row.backward().toString())
        .raw("</th>");
    if (row.done().isEmpty()) {
      RunResult broken = row.runs().getFirst();
      out.element(
          "td", "colspan=\"13\" class=\"broken\"", broken.status().text() + ": " + broken.reason());
      out.raw("</tr>\n");
      return;
    }
    cell(out, spread(row.accuracy(), Unit.PERCENT));
    cell(out, spread(row.loss(), Unit.NUMBER));
    cell(out, Unit.SECONDS.text(row.secondsPerStep()));
    RunResult.Cost cost = row.cost().orElseThrow();
    Map<Tag, Long> tags = cost.memory().atPeak();
    cell(out, Unit.BYTES.text(cost.memory().peakBytes()));
    cell(out, cost.kept().forecast().map(f -> Unit.BYTES.text(f.memory().peakBytes())).orElse("–"));
    cell(out, Unit.BYTES.text(cost.kept().kept()));
    for (Tag tag : List.of(Tag.RESIDUAL, Tag.GRADIENT, Tag.COTANGENT, Tag.WORKSPACE)) {
      cell(out, Unit.BYTES.text(tags.getOrDefault(tag, 0L)));
    }
    cell(out, Unit.BYTES.text(cost.memory().arenaBytes()));
    cell(out, Unit.COUNT.text(cost.forwardMacs()));
    cell(out, Unit.COUNT.text(cost.backwardMacs()));
    out.raw("</tr>\n");
  }

  private static void cell(Markup out, String text) {
    out.element("td", "class=\"n\"", text);
  }

  private static String spread(Spread s, Unit unit) {
    if (s.count() < 2) {
      return unit.text(s.mean());
    }
    return unit == Unit.PERCENT
        ? String.format(Locale.ROOT, "%.2f ± %.2f %%", 100 * s.mean(), 100 * s.deviation())
        : String.format(Locale.ROOT, "%.4f ± %.4f", s.mean(), s.deviation());
  }

  private void curves(Markup out) {
    out.raw("<section>\n<h2>Training</h2>\n<p class=\"legend\">");
    List<Row> rows = result.rows();
    for (int i = 0; i < rows.size(); i++) {
      if (!rows.get(i).runs().stream().allMatch(r -> r.course().loss().isEmpty())) {
        out.raw("<span><i class=\"swatch b%d\"></i>", color(i))
            .text(rows.get(i).backward().toString())
            .raw("</span>");
      }
    }
    out.raw("</p>\n<div class=\"grid2\">\n");
    new Curves(rows).write(out);
    out.raw("</div>\n</section>\n");
  }

  private void memory(Markup out) {
    List<MemoryCharts.Subject> subjects =
        result.rows().stream()
            .flatMap(r ->
                r.cost().stream()
                    .map(c ->
                        new MemoryCharts.Subject(
                            r.backward().toString(), c.memory(), c.rssGrowthBytes())))
            .toList();
    if (subjects.isEmpty()) {
      return;
    }
    out.raw("<section>\n<h2>Memory</h2>\n");
    MemoryCharts.legend(out);
    MemoryCharts.bars(out, subjects);
    out.element(
        "p",
        "class=\"note\"",
        "Planned: what the compiled program keeps at the moment of its joint peak; the tags add up."
            + " Measured: by how much the process grew in RAM from before compiling to the most in"
            + " the first block of steps, code and what the Java heap keeps included:"
            + " for a small program it is mostly that.");
    out.raw("\n<div class=\"grid2\">\n");
    MemoryCharts.live(out, subjects);
    out.raw("</div>\n</section>\n");
  }

  private void details(Markup out) {
    Machine m = result.envelope().machine();
    out.raw("<section class=\"grid2 details\">\n<div>\n<h2>Settings</h2>\n<dl id=\"settings\">");
    result.envelope().settings().forEach((k, v) -> pair(out, k, String.valueOf(v)));
    out.raw("</dl>\n</div>\n<div>\n<h2>Machine</h2>\n<dl id=\"machine\">");
    pair(out, "processor", m.cpu());
    pair(out, "can do", m.flags().isEmpty() ? "–" : String.join(" ", m.flags()));
    pair(out, "threads", String.valueOf(m.threads()));
    pair(
        out,
        "memory",
        m.memory().bytes() < 0
            ? "unknown"
            : Unit.BYTES.text(m.memory().bytes()) + " (" + m.memory().source() + ")");
    pair(out, "system", m.system());
    pair(out, "java", m.java());
    out.raw("</dl>\n<h2>What the runs share</h2>\n<dl id=\"hashes\">");
    for (ComparisonResult.Hashes h : result.hashes()) {
      pair(out, "seed", String.valueOf(h.seed()));
      pair(out, "initial weights", h.weights());
      pair(out, "order of batches", h.batches());
    }
    out.raw("</dl>\n</div>\n</section>\n<section>\n<h2>What each layer got</h2>\n");
    for (Row row : result.rows()) {
      Map<String, String> resolved = row.runs().getFirst().resolved();
      if (!resolved.isEmpty()) {
        out.raw("<details><summary>").text(row.backward().toString()).raw("</summary><dl>");
        resolved.forEach((k, v) -> pair(out, k, v));
        out.raw("</dl></details>\n");
      }
    }
    out.raw("</section>\n");
  }

  private static void pair(Markup out, String key, String value) {
    out.element("dt", "", key).element("dd", "", value);
  }

  private int seeds() {
    return (int) result.runs().stream().map(RunResult::seed).distinct().count();
  }

  static int color(int index) {
    return index % 8;
  }

  private static String resource(String name) {
    try (InputStream in = Report.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new AssertionError("the module lacks its resource " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
