package dev.retrograde.lab.report;

import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Entry;
import dev.retrograde.runtime.MemoryReport.Tag;

/// Live bytes at each step of a program, by tag.
///
/// @param report the plan it was read from
/// @param bytes `[tag][step]`
record MemoryTimeline(MemoryReport report, long[][] bytes) {

  static MemoryTimeline of(MemoryReport report) {
    int steps = Math.max(1, report.steps());
    long[][] live = new long[Tag.values().length][steps + 1];
    for (Entry e : report.tensors()) {
      live[e.tag().ordinal()][Math.clamp(e.birth(), 0, steps - 1)] += e.bytes();
      live[e.tag().ordinal()][Math.clamp(e.death(), 0, steps - 1) + 1] -= e.bytes();
    }
    for (long[] tag : live) {
      for (int i = 1; i <= steps; i++) {
        tag[i] += tag[i - 1];
      }
    }
    return new MemoryTimeline(report, live);
  }

  int steps() {
    return bytes[0].length - 1;
  }

  long total(int step) {
    long sum = 0;
    for (long[] tag : bytes) {
      sum += tag[step];
    }
    return sum;
  }

  /// In each of at most `most` pieces, the step where most is alive: the peak is never lost.
  int[] representatives(int most) {
    int columns = Math.min(most, steps());
    int[] out = new int[columns];
    for (int c = 0; c < columns; c++) {
      int from = (int) ((long) c * steps() / columns);
      int to = (int) ((long) (c + 1) * steps() / columns);
      out[c] = from;
      for (int s = from; s < to; s++) {
        if (total(s) > total(out[c])) {
          out[c] = s;
        }
      }
    }
    return out;
  }
}
