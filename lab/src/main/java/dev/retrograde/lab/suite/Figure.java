package dev.retrograde.lab.suite;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One measured configuration against its bars: a row of a suite in the making.
///
/// @param part of the suite
/// @param model what was measured
/// @param policy spelling of the saving policy
/// @param batch samples a step
/// @param threads that the step may use
/// @param metric what the value is, with its unit
record Figure(String part, String model, String policy, int batch, int threads, String metric) {

  /// Lower is better, and `must` is the most that is allowed.
  SuiteRow atMost(double value, double must, @Nullable Double aim, Map<String, Object> more) {
    return row(value, must, aim, value <= must, more);
  }

  /// Higher is better, and `must` is the least that is allowed.
  SuiteRow atLeast(double value, double must, @Nullable Double aim, Map<String, Object> more) {
    return row(value, must, aim, value >= must, more);
  }

  /// A figure that is told, and asked to meet nothing.
  SuiteRow printed(double value, Map<String, Object> more) {
    return row(value, null, null, true, more);
  }

  /// A row whose measurement did not come to an end.
  SuiteRow failed(String why) {
    return row(null, null, null, false, Map.of("status", why));
  }

  private SuiteRow row(
      @Nullable Double value,
      @Nullable Double must,
      @Nullable Double aim,
      boolean met,
      Map<String, Object> more) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("task", part);
    fields.put("model", model);
    fields.put("policy", policy);
    fields.put("batch", batch);
    fields.put("threads", threads);
    fields.put("metric", metric);
    fields.put("value", value);
    fields.putAll(more);
    fields.put("must", must);
    fields.put("aim", aim);
    fields.put("met", met);
    return new SuiteRow(fields, met);
  }
}
