package dev.retrograde.lab.suite;

import dev.retrograde.lab.record.Json;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// What the operating system says: resident memory above idle over the planned arena, each row in a
/// process of its own with a Java heap of fixed size, touched beforehand. Idle is taken after the
/// step is compiled.
record ResidentRows(String target, int threads) {
  private static final long MOST_MINUTES = 4;

  void run(Suite.Listener listener) {
    row(listener, "resnet18", 128, "store");
    row(listener, "resnet18", 128, "exact");
    row(listener, "resnet18", 128, "quantized:8");
    row(listener, "revnet110", 100, "reversible");
  }

  private void row(Suite.Listener listener, String model, int batch, String policy) {
    Figure figure = new Figure("resident", model, policy, batch, threads, "(RSS - idle) / arena");
    Path answer = null;
    try {
      answer = Files.createTempFile("retrograde-resident", ".json");
      String said = child(model, batch, policy, answer);
      if (!said.isEmpty()) {
        listener.row(figure.failed(said));
        return;
      }
      JsonNode found = Json.parse(Files.readString(answer));
      long idle = found.get("idle_bytes").asLong();
      long peak = found.get("rss_peak_bytes").asLong();
      long arena = found.get("arena_bytes").asLong();
      Map<String, Object> more = new LinkedHashMap<>();
      more.put("idle_bytes", idle);
      more.put("rss_peak_bytes", peak);
      more.put("arena_bytes", arena);
      listener.row(figure.atMost((double) (peak - idle) / arena, 1.15, null, more));
    } catch (IOException e) {
      listener.row(figure.failed("the process could not be started: " + e.getMessage()));
    } finally {
      delete(answer);
    }
  }

  private static void delete(@org.jspecify.annotations.Nullable Path file) {
    if (file != null) {
      file.toFile().deleteOnExit();
    }
  }

  /// Empty where all went well, otherwise the last line that the process wrote.
  private String child(String model, int batch, String policy, Path answer) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xms256m",
            "-Xmx256m",
            "-XX:+AlwaysPreTouch",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath(),
            ResidentProbe.class.getName(),
            model,
            String.valueOf(batch),
            policy,
            target,
            String.valueOf(threads),
            answer.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> lines;
    try (Stream<String> out = process.inputReader(StandardCharsets.UTF_8).lines()) {
      lines = out.toList();
    }
    try {
      if (!process.waitFor(MOST_MINUTES, TimeUnit.MINUTES)) {
        process.destroy();
        return "took longer than " + MOST_MINUTES + " minutes";
      }
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      return "interrupted";
    }
    return process.exitValue() == 0
        ? ""
        : "exit code " + process.exitValue() + (lines.isEmpty() ? "" : ": " + lines.getFirst());
  }

  /// What this process was started with.
  private static String classPath() {
    return Stream.of("java.class.path", "jdk.module.path")
        .map(p -> System.getProperty(p, ""))
        .filter(p -> !p.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
