package dev.retrograde.lab.suite;

import dev.retrograde.lab.record.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What the pieces of a long suite came to, a line of JSON each in a file, so that the suite goes
/// on where it stopped. Any object may be kept, where [FinishedRuns] knows runs that are judged by
/// their accuracy. A line that was cut short is passed over.
final class KeptResults {
  private static final String KEY = "key";
  private static final String RESULT = "result";

  private final Optional<Path> file;
  private final Map<String, JsonNode> known = new LinkedHashMap<>();

  /// @param file empty: nothing is kept beyond this process
  KeptResults(Optional<Path> file) {
    this.file = file;
    file.filter(Files::exists).ifPresent(this::load);
  }

  /// The result of this key, found or computed; what is computed is kept.
  ///
  /// @param key says all that the result depends on
  JsonNode of(String key, Supplier<ObjectNode> compute) {
    JsonNode found = known.get(key);
    if (found != null) {
      return found;
    }
    ObjectNode fresh = compute.get();
    known.put(key, fresh);
    file.ifPresent(f -> append(f, key, fresh));
    return fresh;
  }

  private void load(Path f) {
    JsonLines.read(f, one -> known.put(one.get(KEY).asString(), one.get(RESULT)));
  }

  private static void append(Path f, String key, ObjectNode result) {
    ObjectNode line = Json.object();
    line.put(KEY, key);
    line.set(RESULT, result);
    JsonLines.append(f, line);
  }
}
