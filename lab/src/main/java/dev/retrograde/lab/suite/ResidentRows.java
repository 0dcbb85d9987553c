package dev.retrograde.lab.suite;

import dev.retrograde.lab.record.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// What the operating system says: resident memory above idle over the planned arena, each row in a
/// process of its own with a Java heap of fixed size, touched beforehand. Idle is taken after the
/// step is compiled.
record ResidentRows(String target, int threads) {
  private static final int MOST_MINUTES = 4;

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

  private String child(String model, int batch, String policy, Path answer) throws IOException {
    return new FreshProcess(
            List.of("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC"),
            ResidentProbe.class,
            MOST_MINUTES)
        .run(
            List.of(
                model,
                String.valueOf(batch),
                policy,
                target,
                String.valueOf(threads),
                answer.toString()));
  }
}
