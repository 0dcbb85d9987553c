package dev.retrograde.lab.suite;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One row of a suite.
///
/// @param fields in the order of columns: text, numbers, truth values; null for what is not known
/// @param met whether the figure that must be met was met; true where none is asked
public record SuiteRow(Map<String, @Nullable Object> fields, boolean met) {
  public SuiteRow {
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }
}
