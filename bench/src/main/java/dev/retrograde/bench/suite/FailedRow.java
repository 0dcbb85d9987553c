package dev.retrograde.bench.suite;

import dev.retrograde.lab.suite.SuiteRow;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The row of something that could not be measured, so that the others go on.
final class FailedRow {
  private FailedRow() {}

  static SuiteRow of(String task, int batch, int threads, Exception reason) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("task", task);
    fields.put("batch", batch == 0 ? null : batch);
    fields.put("threads", threads);
    fields.put("met", false);
    fields.put("status", "failed: " + reason);
    return new SuiteRow(fields, false);
  }
}
