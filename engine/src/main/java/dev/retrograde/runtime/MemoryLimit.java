package dev.retrograde.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How much memory this process may use: the machine's, or less where a control group says so.
///
/// @param bytes the least of all limits; -1 if none is known
/// @param source who says so
public record MemoryLimit(long bytes, String source) {

  /// The limit of this process.
  public static MemoryLimit here() {
    return here(Path.of("/"));
  }

  /// The limit under another root of the file system.
  public static MemoryLimit here(Path root) {
    MemoryLimit least = new MemoryLimit(-1, "unknown");
    for (String line : lines(root.resolve("proc/meminfo"))) {
      if (line.startsWith("MemTotal:")) {
        least = new MemoryLimit(number(line.replaceAll("[^0-9]", "")) * 1024, "machine");
      }
    }
    Path groups = root.resolve("sys/fs/cgroup");
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3 && parts[1].isEmpty()) {
        @Nullable Path group = groups.resolve(parts[2].replaceFirst("^/+", "")).normalize();
        while (group != null && group.startsWith(groups)) {
          least = least.orLess(group.resolve("memory.max"));
          group = group.getParent();
        }
      } else if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
        Path memory = groups.resolve("memory");
        least = least.orLess(memory.resolve("memory.limit_in_bytes"));
        least =
            least.orLess(
                memory.resolve(parts[2].replaceFirst("^/+", "")).resolve("memory.limit_in_bytes"));
      }
    }
    return least;
  }

  private MemoryLimit orLess(Path file) {
    for (String line : lines(file)) {
      long limit = number(line.strip());
      if (limit > 0 && (bytes < 0 || limit < bytes)) {
        return new MemoryLimit(limit, "control group");
      }
    }
    return this;
  }

  /// -1 for `max` and for what is no number.
  private static long number(String text) {
    return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : -1;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      return List.of(); // the kernel may refuse a file that it lists; then it says nothing
    }
  }

  /// Refuses a program that needs more than there is, before it allocates.
  ///
  /// @param needed bytes of buffers, not counting what is allocated already
  /// @param held bytes that its state and the programs over it hold already
  /// @throws MemoryLimitException naming what is needed, what there is, and what would help
  public void require(String program, long needed, long held) {
    long left = bytes < 0 ? Long.MAX_VALUE : bytes - held - Runtime.getRuntime().maxMemory();
    if (needed > left) {
      throw new MemoryLimitException(
          "program '%s' needs %,d bytes of buffers; the %s allows %,d, of which the heap may take %,d and state with its scratch memory takes %,d. Take a smaller batch, recompute activations (--backward recompute:2), or a smaller heap (-Xmx)."
              .formatted(program, needed, source, bytes, Runtime.getRuntime().maxMemory(), held));
    }
  }
}
