package dev.retrograde.lab.record;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How much memory this process may use: the machine's, or less where a control group says so.
///
/// @param bytes the least of all limits; -1 if none is known
/// @param source who says so
public record MemoryLimit(long bytes, String source) {

  static MemoryLimit here(Path root) {
    MemoryLimit least = new MemoryLimit(-1, "unknown");
    for (String line : Machine.lines(root.resolve("proc/meminfo"))) {
      if (line.startsWith("MemTotal:")) {
        least = new MemoryLimit(number(line.replaceAll("[^0-9]", "")) * 1024, "machine");
      }
    }
    Path groups = root.resolve("sys/fs/cgroup");
    for (String line : Machine.lines(root.resolve("proc/self/cgroup"))) {
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
    for (String line : Machine.lines(file)) {
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
}
