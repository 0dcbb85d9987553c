package dev.retrograde.runtime;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// What one run of an executable keeps in memory, tensor by tensor, from the memory plan itself.
///
/// @param tensors every buffer, in order of birth
/// @param steps number of steps (kernels and host calls) of a run
/// @param arenaBytes what the arena reserves, state not counted
/// @param peakBytes largest sum of live bytes, state and inputs counted
/// @param peakStep the step at which it falls
/// @param peakNode that step's name
/// @param growths what comes on top, as often as the data says
public record MemoryReport(
    List<Entry> tensors,
    int steps,
    long arenaBytes,
    long peakBytes,
    int peakStep,
    String peakNode,
    List<Growth> growths) {
  public MemoryReport {
    tensors = List.copyOf(tensors);
    growths = List.copyOf(growths);
  }

  /// Memory for frames and open calls whose number only a run tells, since no bound of it is known.
  /// It is in no other figure of a report.
  ///
  /// @param where the loop, or the function that calls itself
  /// @param frame bytes that one trip or call leaves for the backward pass
  /// @param aside bytes at most that an open call puts aside; 0 for a loop
  public record Growth(String where, Per per, long frame, long aside) {
    /// What comes an unknown number of times.
    public enum Per {
      TRIP,
      CALL
    }

    /// As a sentence, without its end.
    public String text() {
      return switch (per) {
        case TRIP -> "'%s' leaves %,d bytes a trip, trips unknown".formatted(where, frame);
        case CALL ->
            "'%s' leaves %,d bytes a call and puts at most %,d bytes aside for each open one, calls unknown"
                .formatted(where, frame, aside);
      };
    }
  }

  /// What a buffer is for.
  public enum Tag {
    /// Parameters and statistics.
    WEIGHT,
    /// What backward makes and the update reads.
    GRADIENT,
    OPTIMIZER,
    /// Values of the forward part that backward reads.
    RESIDUAL,
    /// Other values that backward makes.
    COTANGENT,
    /// Forward values that backward does not read, what backward computes again or decodes of the
    /// forward part, and what kernels need beside their results.
    WORKSPACE,
    INPUT
  }

  /// One buffer: alive from step `birth` to step `death`, both inclusive; `offset` in the arena, or
  /// -1 for state.
  ///
  /// @param over the tensor whose memory this one takes over, written element by element over it in
  ///   the step that reads it last; empty if none. Its `birth` is then the step after that one, so
  ///   that shared memory counts once at every step.
  public record Entry(
      String name, Tag tag, long bytes, int birth, int death, long offset, String over) {
    /// A tensor in memory of its own.
    public Entry(String name, Tag tag, long bytes, int birth, int death, long offset) {
      this(name, tag, bytes, birth, death, offset, "");
    }
  }

  /// Live bytes at a step, by tag.
  public Map<Tag, Long> byTag(int step) {
    Map<Tag, Long> sums = new EnumMap<>(Tag.class);
    for (Tag t : Tag.values()) {
      sums.put(t, 0L);
    }
    for (Entry e : tensors) {
      if (e.birth() <= step && step <= e.death()) {
        sums.merge(e.tag(), e.bytes(), Long::sum);
      }
    }
    return sums;
  }

  /// Live bytes at the joint peak, by tag; they add up to [#peakBytes].
  public Map<Tag, Long> atPeak() {
    return byTag(peakStep);
  }

  /// Makes a report; finds the peak.
  public static MemoryReport of(List<Entry> tensors, List<String> stepNames, long arenaBytes) {
    return of(tensors, stepNames, arenaBytes, List.of());
  }

  /// The same with what comes on top.
  public static MemoryReport of(
      List<Entry> tensors, List<String> stepNames, long arenaBytes, List<Growth> growths) {
    int n = Math.max(1, stepNames.size());
    long[] delta = new long[n + 1];
    for (Entry e : tensors) {
      delta[Math.max(0, e.birth())] += e.bytes();
      delta[Math.min(n - 1, e.death()) + 1] -= e.bytes();
    }
    long live = 0;
    long peak = 0;
    int at = 0;
    for (int i = 0; i < n; i++) {
      live += delta[i];
      if (live > peak) {
        peak = live;
        at = i;
      }
    }
    String name = stepNames.isEmpty() ? "" : stepNames.get(at);
    return new MemoryReport(tensors, n, arenaBytes, peak, at, name, growths);
  }
}
