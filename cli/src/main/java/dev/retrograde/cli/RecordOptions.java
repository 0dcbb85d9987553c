package dev.retrograde.cli;

import dev.retrograde.lab.compare.ComparisonResult;
import dev.retrograde.lab.record.Json;
import dev.retrograde.lab.report.Report;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options that say where results are written besides the terminal.
final class RecordOptions {
  @Option(names = "--json", paramLabel = "FILE", description = "Write the record as JSON.")
  @Nullable Path json;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description = "Write the record as one self-contained page.")
  @Nullable Path report;

  void write(String title, ComparisonResult result, PrintWriter out) throws IOException {
    if (json != null) {
      Json.write(json, result.json());
      out.println("record  " + json);
    }
    if (report != null) {
      new Report(title, result).write(report);
      out.println("report  " + report);
    }
  }
}
