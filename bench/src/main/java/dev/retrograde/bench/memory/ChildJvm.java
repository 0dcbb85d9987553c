package dev.retrograde.bench.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Runs one measurement in a fresh virtual machine with the class path of this one.
///
/// Its heap has one size from the start and every page of it is touched before `main` (`-Xms`,
/// `-Xmx`, `-XX:+AlwaysPreTouch`), so that it is resident at idle already; the serial collector has
/// no tables beside it that grow. Only the first compiler of the virtual machine runs
/// (`-XX:TieredStopAtLevel=1`): the scratch memory of the second, tens of megabytes, comes and
/// goes. Nothing is timed here.
///
/// @param heapMegabytes size of the heap
/// @param timeoutSeconds after which the process is ended
public record ChildJvm(int heapMegabytes, int timeoutSeconds) {
  private static final int LINES_SHOWN = 8;

  /// A heap of 512 MiB, which holds the first weights twice and compiles the step; ten minutes.
  public static ChildJvm standard() {
    return new ChildJvm(512, 600);
  }

  /// Measures `measured` on the task called `task`.
  ///
  /// @param batch samples a step
  /// @param threads that a step uses
  /// @throws IllegalStateException where the process fails or takes too long, with its last lines
  public MemoryReading measure(String task, MemoryCase measured, int batch, int threads) {
    try {
      Path folder = Files.createTempDirectory("retrograde-memory");
      try {
        return run(folder, task, measured, batch, threads);
      } finally {
        remove(folder);
      }
    } catch (IOException failure) {
      throw new IllegalStateException("cannot measure memory in a new process", failure);
    }
  }

  private MemoryReading run(Path folder, String task, MemoryCase measured, int batch, int threads)
      throws IOException {
    Path result = folder.resolve("reading");
    Path log = folder.resolve("log");
    List<String> command = command(MemoryProcess.words(task, measured, batch, threads, result));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    boolean ended = await(process);
    if (!ended || process.exitValue() != 0 || !Files.exists(result)) {
      throw new IllegalStateException(
          "The process that measures %s with batch %d %s; its last lines: %s"
              .formatted(
                  String.join(" ", measured.words()),
                  batch,
                  ended
                      ? "ended without a reading, exit code " + process.exitValue()
                      : "was ended after " + timeoutSeconds + " s",
                  tail(log)));
    }
    return MemoryReading.read(result);
  }

  private List<String> command(List<String> words) {
    String java =
        Path.of(System.getProperty("java.home"), "bin", "java").toAbsolutePath().toString();
    List<String> command = new ArrayList<>();
    command.add(java);
    command.add(String.format(Locale.ROOT, "-Xms%dm", heapMegabytes));
    command.add(String.format(Locale.ROOT, "-Xmx%dm", heapMegabytes));
    command.add("-XX:+AlwaysPreTouch");
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(MemoryProcess.class.getName());
    command.addAll(words);
    return command;
  }

  /// Whether it ended by itself.
  private boolean await(Process process) {
    try {
      boolean ended = process.waitFor(timeoutSeconds, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly().waitFor();
      }
      return ended;
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while memory was measured", interrupted);
    }
  }

  private static String tail(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return String.join(
        System.lineSeparator(),
        lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size()));
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
