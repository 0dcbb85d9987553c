package dev.retrograde.bench.memory;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/// Resident memory of one process at three moments, in bytes, as the system counts it.
///
/// @param idle everything loaded and rehearsed, nothing held: no weights, no batch, no arena
/// @param built network, weights and batch are there, ours is compiled, no step has run
/// @param peak the most while steps ran, without what was before where `peakOfSteps` holds
/// @param peakOfSteps whether the system let the peak begin anew before the first step; otherwise
///   it is the peak since the start of the process
/// @param arena what our run computes in; 0 for the peer
/// @param planned largest sum of live bytes of our memory plan, state and inputs counted; 0 for the
///   peer
public record MemoryReading(
    long idle, long built, long peak, boolean peakOfSteps, long arena, long planned) {
  /// Checks that the peak is not below what it began with.
  public MemoryReading {
    if (idle <= 0 || built <= 0 || peak < built || arena < 0 || planned < 0) {
      throw new IllegalArgumentException(
          "MemoryReading: expected idle and built above 0, peak of at least built, found idle "
              + (idle + ", built " + built + ", peak " + peak)
              + (", arena " + arena + ", planned " + planned));
    }
  }

  /// What training takes: weights, optimiser, gradients, activations and workspace. Comparable
  /// between sides, whenever each of them allocates these.
  public long training() {
    return peak - idle;
  }

  /// What the steps take beyond what was built before them. A side that makes its optimiser's state
  /// in the first step has it in here; one that makes it when it compiles has not.
  public long growth() {
    return peak - built;
  }

  /// Writes the reading to `file`, for [#read].
  void write(Path file) throws IOException {
    Properties values = new Properties();
    values.setProperty("idle", Long.toString(idle));
    values.setProperty("built", Long.toString(built));
    values.setProperty("peak", Long.toString(peak));
    values.setProperty("peakOfSteps", Boolean.toString(peakOfSteps));
    values.setProperty("arena", Long.toString(arena));
    values.setProperty("planned", Long.toString(planned));
    try (Writer writer = Files.newBufferedWriter(file)) {
      values.store(writer, null);
    }
  }

  /// Reads what another process wrote.
  static MemoryReading read(Path file) throws IOException {
    Properties values = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      values.load(reader);
    }
    return new MemoryReading(
        number(values, "idle"),
        number(values, "built"),
        number(values, "peak"),
        Boolean.parseBoolean(values.getProperty("peakOfSteps")),
        number(values, "arena"),
        number(values, "planned"));
  }

  private static long number(Properties values, String name) {
    String text = values.getProperty(name);
    if (text == null) {
      throw new IllegalStateException(
          "Memory reading: no '" + name + "', found " + values.stringPropertyNames());
    }
    return Long.parseLong(text);
  }
}
