package dev.retrograde.cli;

import dev.retrograde.lab.record.Envelope;
import dev.retrograde.lab.record.Json;
import dev.retrograde.lab.suite.Suite;
import dev.retrograde.lab.suite.SuiteRow;
import dev.retrograde.lab.suite.Suites;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Measures, and says whether what must be met was met.
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false,
    description = {"Runs a suite of measurements and says whether its figures are met.", ""},
    footerHeading = "%nExamples:%n",
    footer = {
      "  retrograde bench",
      "  retrograde bench --suite accept-core --part mlp",
      "  retrograde bench --suite memory --part budgets --threads 2",
      "  retrograde bench --suite start --part first-step",
      "  retrograde bench --suite accept-core --json docs/results/accept-core.json"
    })
final class BenchCommand implements Callable<Integer> {
  /// Put in by picocli.
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--suite",
      paramLabel = "NAME",
      description = "Which suite. Without it, lists them.")
  @Nullable String suite;

  @Option(names = "--part", paramLabel = "PART", description = "Only this part of the suite.")
  @Nullable String part;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads, where the suite leaves the choice.")
  @Nullable Integer threads;

  @Option(
      names = "--target",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "auto, x64, jvm or interp. Default: auto.")
  String target = "auto";

  @Option(
      names = "--perf-map",
      description =
          "Write addresses and names of kernels to /tmp/perf-PID.map, for Linux's perf; x64 only.")
  boolean perfMap;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the record as JSON.")
  @Nullable Path json;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = {
        "Where a long suite keeps the runs that are done; called again, it goes on from there.",
        "Default: beside --json."
      })
  @Nullable Path kept;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Suites suites = Suites.find();
    if (suite == null) {
      for (Suite s : suites.all()) {
        out.println(
            "%-14s %s%s"
                .formatted(
                    s.name(),
                    s.summary(),
                    s.parts().isEmpty() ? "" : " Parts: " + String.join(", ", s.parts()) + "."));
      }
      return ExitCode.DONE;
    }
    Suite chosen = suites.named(suite);
    if (part != null && !chosen.parts().contains(part)) {
      throw new IllegalArgumentException(
          "--part: suite %s has %s, found '%s'"
              .formatted(
                  chosen.name(),
                  chosen.parts().isEmpty() ? "no parts" : String.join(", ", chosen.parts()),
                  part));
    }
    if (threads != null && threads < 1) {
      throw new IllegalArgumentException(
          "--threads: expected a number of at least 1, found " + threads);
    }
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("suite", chosen.name());
    settings.put("part", part == null ? "all" : part);
    settings.put("threads", threads == null ? "as the suite says" : threads);
    settings.put("target", target);
    Envelope envelope = Envelope.now("bench", settings);
    Screen screen = Screen.of(spec.commandLine().getErr());
    List<SuiteRow> rows = new ArrayList<>();
    chosen.run(
        new Suite.Settings(
            Optional.ofNullable(part), Optional.ofNullable(threads), target, kept(), perfMap),
        new Suite.Listener() {
          @Override
          public void row(SuiteRow row) {
            rows.add(row);
            screen.milestone(line(row));
          }

          @Override
          public void note(String line) {
            screen.milestone(line);
          }
        });
    print(out, rows);
    if (json != null) {
      ObjectNode record = envelope.json();
      ArrayNode all = record.putArray("rows");
      rows.forEach(r -> all.add(Json.tree(r.fields())));
      Json.write(json, record);
      out.println("record  " + json);
    }
    out.flush();
    return rows.stream().allMatch(SuiteRow::met) ? ExitCode.DONE : ExitCode.MISSED;
  }

  private Optional<Path> kept() {
    if (kept != null || json == null) {
      return Optional.ofNullable(kept);
    }
    String name = String.valueOf(json.getFileName()).replaceFirst("\\.json$", "") + ".runs.jsonl";
    return Optional.of(json.resolveSibling(name));
  }

  private static String line(SuiteRow row) {
    List<String> words = new ArrayList<>();
    row.fields().forEach((k, v) -> words.add(k + " " + text(v)));
    return String.join(", ", words);
  }

  private static void print(PrintWriter out, List<SuiteRow> rows) {
    List<String> columns = new ArrayList<>();
    rows.forEach(
        r -> r.fields().keySet().stream().filter(k -> !columns.contains(k)).forEach(columns::add));
    List<List<String>> table = new ArrayList<>(List.of(columns));
    for (SuiteRow row : rows) {
      table.add(columns.stream().map(c -> text(row.fields().get(c))).toList());
    }
    out.print(Screen.table(table));
    long missed = rows.stream().filter(r -> !r.met()).count();
    out.println(missed == 0 ? "all met" : missed + " of " + rows.size() + " missed");
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "-";
      case Boolean b -> b ? "yes" : "no";
      case Double d -> String.format(Locale.ROOT, Math.abs(d) >= 100 ? "%.1f" : "%.4g", d);
      default -> value.toString();
    };
  }
}
