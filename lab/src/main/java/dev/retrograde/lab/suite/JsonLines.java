package dev.retrograde.lab.suite;

import dev.retrograde.lab.record.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Files of one JSON object a line, which grow while a long suite runs.
final class JsonLines {
  private JsonLines() {}

  /// Visits the objects of a file that is there. A line that was cut short is passed over.
  static void read(Path file, Consumer<JsonNode> visitor) {
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith("{") && line.endsWith("}")) {
          visitor.accept(Json.parse(line));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Adds an object; the file and its folder are made if need be.
  static void append(Path file, ObjectNode line) {
    try {
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
