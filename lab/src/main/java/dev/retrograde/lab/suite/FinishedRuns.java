package dev.retrograde.lab.suite;

import dev.retrograde.lab.record.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// Runs of a long suite that came to their end, a line of JSON each in a file, so that the suite
/// goes on where it stopped. A line that was cut short is passed over.
final class FinishedRuns {
  private final Optional<Path> file;
  private final Map<String, Run> known = new LinkedHashMap<>();

  /// What is remembered of a run.
  ///
  /// @param accuracy on the test part after the last epoch
  /// @param firstLosses a hash of the losses of its first steps
  /// @param seconds a step
  record Run(double accuracy, String firstLosses, double seconds) {}

  /// @param file empty: nothing is kept beyond this process
  FinishedRuns(Optional<Path> file) {
    this.file = file;
    file.filter(Files::exists).ifPresent(this::load);
  }

  Optional<Run> find(String key) {
    return Optional.ofNullable(known.get(key));
  }

  void add(String key, Run run) {
    known.put(key, run);
    file.ifPresent(f -> append(f, key, run));
  }

  private void load(Path f) {
    JsonLines.read(
        f,
        run ->
            known.put(
                run.get("key").asString(),
                new Run(
                    run.get("accuracy").asDouble(),
                    run.get("first_losses").asString(),
                    run.get("seconds_per_step").asDouble())));
  }

  private static void append(Path f, String key, Run run) {
    ObjectNode line = Json.object();
    line.put("key", key);
    line.put("accuracy", run.accuracy());
    line.put("first_losses", run.firstLosses());
    line.put("seconds_per_step", run.seconds());
    JsonLines.append(f, line);
  }
}
