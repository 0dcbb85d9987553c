package dev.retrograde.data.read;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// Where real data lies on this machine, for tests and the command line only: the library proper is
/// told a path.
///
/// The environment variable `RETROGRADE_DATA` names the folder; otherwise `shared/data` beside the
/// repository is sought, that is `../shared/data` from the working directory and from each folder
/// above it, so that a module's folder finds it too.
public final class DataHome {
  private DataHome() {}

  /// The folder with the data sets, if this machine has one.
  public static Optional<Path> find() {
    return find(System.getenv(), Path.of(""));
  }

  /// The folder of one data set, such as `mnist`, if this machine has it.
  public static Optional<Path> find(String dataSet) {
    return find().map(home -> home.resolve(dataSet)).filter(Files::isDirectory);
  }

  /// What a test says when it skips, or the command line when a name is unknown.
  public static String cure(String dataSet) {
    return "No data set '%s' here: set RETROGRADE_DATA to a folder that holds it, or put it into ../shared/data."
        .formatted(dataSet);
  }

  static Optional<Path> find(Map<String, String> environment, Path workingDirectory) {
    String named = environment.get("RETROGRADE_DATA");
    if (named != null && !named.isBlank()) {
      try {
        return Optional.of(Path.of(named)).filter(Files::isDirectory);
      } catch (InvalidPathException e) {
        return Optional.empty();
      }
    }
    Path folder = workingDirectory.toAbsolutePath().normalize().getParent();
    while (folder != null) {
      Path candidate = folder.resolve("shared").resolve("data");
      if (Files.isDirectory(candidate)) {
        return Optional.of(candidate);
      }
      folder = folder.getParent();
    }
    return Optional.empty();
  }
}
