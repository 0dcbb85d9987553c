package dev.retrograde.lab.record;

import dev.retrograde.runtime.MemoryLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The machine that a record was made on.
///
/// @param cpu the processor's name
/// @param flags what it can do that matters to kernels, in alphabetical order
/// @param threads processors that this process may use
/// @param java version and vendor of the Java that runs
/// @param system operating system and architecture
/// @param memory what the process may use, and who says so
public record Machine(
    String cpu, List<String> flags, int threads, String java, String system, MemoryLimit memory) {
  private static final Set<String> TELLING =
      Set.of(
          "sse4_2",
          "avx",
          "avx2",
          "fma",
          "f16c",
          "bmi2",
          "avx512f",
          "avx512bw",
          "avx512dq",
          "avx512vl",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "avx_vnni",
          "amx_tile",
          "amx_bf16",
          "amx_int8",
          "asimd",
          "asimddp",
          "asimdhp",
          "sve",
          "sve2",
          "bf16",
          "i8mm");

  public Machine {
    flags = List.copyOf(flags);
  }

  /// This machine, as its operating system describes it.
  public static Machine here() {
    return here(Path.of("/"));
  }

  static Machine here(Path root) {
    String cpu = "";
    Set<String> flags = new TreeSet<>();
    for (String line : lines(root.resolve("proc/cpuinfo"))) {
      int colon = line.indexOf(':');
      String key = colon < 0 ? "" : line.substring(0, colon).strip();
      String value = line.substring(colon + 1).strip();
      if (key.equals("model name") && cpu.isEmpty()) {
        cpu = value;
      } else if (key.equals("flags") || key.equals("Features")) {
        for (String flag : value.split(" ")) {
          if (TELLING.contains(flag)) {
            flags.add(flag);
          }
        }
      }
    }
    String architecture = System.getProperty("os.arch");
    return new Machine(
        cpu.isEmpty() ? architecture : cpu,
        List.copyOf(flags),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")",
        System.getProperty("os.name") + " " + architecture,
        MemoryLimit.here(root));
  }

  /// As the envelope holds it.
  public ObjectNode json() {
    ObjectNode out = Json.object();
    out.put("cpu", cpu);
    ArrayNode list = out.putArray("flags");
    flags.forEach(list::add);
    out.put("threads", threads);
    out.put("java", java);
    out.put("system", system);
    out.put("memory_bytes", memory.bytes());
    out.put("memory_limited_by", memory.source());
    return out;
  }

  /// The lines of a file of the kernel's, none where there is no such file.
  static List<String> lines(Path file) {
    try {
      return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      // The kernel may refuse a file that it lists; then it says nothing.
      return new ArrayList<>();
    }
  }
}
