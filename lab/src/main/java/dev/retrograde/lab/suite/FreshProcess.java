package dev.retrograde.lab.suite;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Runs a class of ours in a virtual machine of its own, with the class path of this one.
///
/// @param options of the virtual machine
/// @param main the class whose `main` runs
/// @param mostMinutes after which the process is ended
record FreshProcess(List<String> options, Class<?> main, int mostMinutes) {
  FreshProcess {
    options = List.copyOf(options);
  }

  /// Runs it to its end.
  ///
  /// @return empty where all went well, otherwise why not, with the first line that it wrote
  /// @throws IOException if it cannot be started
  String run(List<String> arguments) throws IOException {
    Path log = Files.createTempFile("retrograde-process", ".log");
    try {
      Process process =
          new ProcessBuilder(command(arguments))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      return outcome(process, log);
    } finally {
      Files.deleteIfExists(log);
    }
  }

  private String outcome(Process process, Path log) throws IOException {
    try {
      if (!process.waitFor(mostMinutes, TimeUnit.MINUTES)) {
        process.destroyForcibly().waitFor();
        return "took longer than " + mostMinutes + " minutes";
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      return "interrupted";
    }
    if (process.exitValue() == 0) {
      return "";
    }
    String said = Files.readString(log, StandardCharsets.UTF_8).lines().findFirst().orElse("");
    return "exit code " + process.exitValue() + (said.isEmpty() ? "" : ": " + said);
  }

  private List<String> command(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", classPath()));
    command.add(main.getName());
    command.addAll(arguments);
    return command;
  }

  /// What this process was started with.
  static String classPath() {
    return Stream.of("java.class.path", "jdk.module.path")
        .map(p -> System.getProperty(p, ""))
        .filter(p -> !p.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
