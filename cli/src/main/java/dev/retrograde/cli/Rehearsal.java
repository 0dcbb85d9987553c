package dev.retrograde.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.logging.Logger;
import java.util.stream.Stream;

/// Runs what users run, once and small, in one process.
///
/// The start script runs it after a build so that the virtual machine keeps the classes of all
/// these commands loaded and linked (JEP 514), not only those of one. Prints nothing; what it
/// writes goes to a folder of its own, which it removes.
final class Rehearsal {
  private Rehearsal() {}

  public static void main(String[] arguments) throws IOException {
    Logger library = Main.quietLibrary();
    Path folder = Files.createTempDirectory("retrograde-rehearsal");
    int code;
    try {
      code = run(folder);
    } finally {
      remove(folder);
    }
    Reference.reachabilityFence(library);
    System.exit(code);
  }

  /// Runs each command; gives the first exit code that is not 0.
  static int run(Path folder) {
    for (List<String> command : commands(folder)) {
      PrintWriter nobody = new PrintWriter(Writer.nullWriter());
      int code = Main.run(nobody, nobody, command.toArray(String[]::new));
      if (code != ExitCode.DONE) {
        return code;
      }
    }
    return ExitCode.DONE;
  }

  private static List<List<String>> commands(Path folder) {
    String out = folder.resolve("model").toString();
    String json = folder.resolve("record.json").toString();
    String report = folder.resolve("report.html").toString();
    return List.of(
        List.of("--version"),
        List.of("--help"),
        List.of("train", "--help"),
        List.of("doctor"),
        List.of("bench"),
        words("train --model mlp --batch 16 --limit 64 --epochs 1", "--out", out, "--json", json),
        words("compare --limit 128 --epochs 1", "--json", json, "--report", report),
        words("explain --model lenet --batch 4 --memory"),
        words("explain --model mlp:8 --batch 4"));
  }

  private static List<String> words(String command, String... paths) {
    return Stream.concat(Stream.of(command.split(" ")), Stream.of(paths)).toList();
  }

  private static void remove(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> inside = Files.walk(folder)) {
      all = inside.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.delete(each);
    }
  }
}
