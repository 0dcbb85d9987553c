package dev.retrograde.bench.memory;

import dev.retrograde.bench.timing.PairedResult;
import dev.retrograde.bench.timing.Spread;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One row of `bench --suite memory-peers`. No figure is asked for; a row is met if both sides did
/// equal work.
///
/// @param contender `libtorch`, or the saving policy of ours
/// @param task the task's name
/// @param batch samples a step
/// @param threads threads that each side may use
/// @param reading the memory of a process of its own
/// @param timed how long steps took, null where only memory was measured
/// @param beside what it is compared with, null for libtorch itself
/// @param setting how the side was set
public record MemoryRow(
    String contender,
    String task,
    int batch,
    int threads,
    MemoryReading reading,
    @Nullable Timed timed,
    @Nullable Beside beside,
    String setting) {
  /// How far losses may differ: more means that the sides do not do the same work.
  private static final double AGREEMENT = 1e-3;

  /// Seconds a step of one side of a paired timing, and how the pairs were.
  ///
  /// @param seconds a step of this side
  /// @param pairs the pairs it comes from
  public record Timed(Spread seconds, PairedResult pairs) {}

  /// What a row of ours is compared with. Ratios are libtorch's figure divided by ours: above 1
  /// ours is the faster or the smaller one.
  ///
  /// @param time ratio of step times, pair by pair
  /// @param training the least that training took in libtorch, in bytes
  /// @param growth the least that libtorch's steps grew by, in bytes
  /// @param lossDifference the largest relative difference of both sides' losses over some steps
  /// @param firstLossDifference that of the first step, which must be equal under a lossy policy
  ///   too
  /// @param lossless whether later losses must agree as well
  public record Beside(
      Spread time,
      long training,
      long growth,
      double lossDifference,
      double firstLossDifference,
      boolean lossless) {
    boolean equalWork() {
      return (lossless ? lossDifference : firstLossDifference) <= AGREEMENT;
    }
  }

  /// Whether both sides did equal work; true for libtorch itself.
  public boolean met() {
    return beside == null || beside.equalWork();
  }

  /// The row as JSON fields in their order; megabytes are millions of bytes, numbers that are not
  /// known or not finite are null.
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("contender", contender);
    fields.put("task", task);
    fields.put("batch", batch);
    fields.put("threads", threads);
    fields.put("step_ms", timed == null ? null : timed.seconds().median() * 1e3);
    fields.put("time_ratio", beside == null ? null : beside.time().median());
    fields.put("time_ratio_low", beside == null ? null : beside.time().low());
    fields.put("time_ratio_high", beside == null ? null : beside.time().high());
    fields.put("training_mb", megabytes(reading.training()));
    fields.put(
        "training_ratio", beside == null ? null : ratio(beside.training(), reading.training()));
    fields.put("growth_mb", megabytes(reading.growth()));
    fields.put("growth_ratio", beside == null ? null : ratio(beside.growth(), reading.growth()));
    fields.put("arena_mb", reading.arena() == 0 ? null : megabytes(reading.arena()));
    fields.put("planned_mb", reading.planned() == 0 ? null : megabytes(reading.planned()));
    fields.put("idle_mb", megabytes(reading.idle()));
    fields.put("built_mb", megabytes(reading.built()));
    fields.put("peak_mb", megabytes(reading.peak()));
    fields.put("peak_of_steps", reading.peakOfSteps());
    fields.put("loss_difference", beside == null ? null : finite(beside.lossDifference()));
    fields.put(
        "first_loss_difference", beside == null ? null : finite(beside.firstLossDifference()));
    fields.put("setting", setting);
    fields.put("pairs", timed == null ? null : timed.pairs().kept().size());
    fields.put("dropped_pairs", timed == null ? null : timed.pairs().dropped().size());
    fields.put("quiet", timed == null ? null : timed.pairs().quiet());
    fields.put("met", met());
    return fields;
  }

  private static double megabytes(long bytes) {
    return bytes * 1e-6;
  }

  private static @Nullable Double ratio(long peer, long ours) {
    return finite((double) peer / ours);
  }

  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
