package dev.retrograde.lab.suite;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Classes of this class path, loaded and linked ahead (JEP 514), as the start script makes them
/// after it has built: a rehearsal runs once and leaves them in a file.
///
/// @param folder of the file
record ClassCache(Path folder) {
  private static final int MOST_MINUTES = 5;

  /// What processes run without one.
  static List<String> none() {
    return List.of();
  }

  /// Options of a process that starts from the file, and does not start where it cannot.
  List<String> options() {
    return List.of("-XX:AOTCache=" + file(), "-XX:AOTMode=on");
  }

  private Path file() {
    return folder.resolve("classes.aot");
  }

  /// Makes the file: a rehearsal of small steps by the classes that [StartProbe] needs.
  ///
  /// @return empty where all went well, otherwise why there is none
  String make(String target, int threads) throws IOException {
    if (Arrays.stream(FreshProcess.classPath().split(File.pathSeparator))
        .anyMatch(p -> Files.isDirectory(Path.of(p)))) {
      return "a class cache needs jars, and the class path has folders; start by ./retrograde";
    }
    List<String> words =
        new ArrayList<>(
            StartProbe.words(
                new StartCase("mlp", 16, 2),
                target,
                threads,
                System.currentTimeMillis(),
                folder.resolve("rehearsal.json")));
    words.addAll(new StartCase("lenet", 4, 2).words());
    words.addAll(new StartCase("resnet20", 2, 2).words());
    return new FreshProcess(List.of("-XX:AOTCacheOutput=" + file()), StartProbe.class, MOST_MINUTES)
        .run(words);
  }
}
