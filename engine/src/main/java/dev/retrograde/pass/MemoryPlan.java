package dev.retrograde.pass;

import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Entry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Where each buffer of the arena lies: the largest first, each at the lowest offset that no buffer
/// alive at the same time covers. Every buffer starts at a multiple of 64 bytes and is followed by 64
/// bytes of slack.
final class MemoryPlan {
  private static final long ALIGN = 64;

  private final Map<Buf, Long> offsets = new LinkedHashMap<>();
  private final Map<Buf, int[]> lives = new LinkedHashMap<>();
  private final long bytes;
  private final MemoryReport report;

  MemoryPlan(List<Step> steps, List<Buf> persistent) {
    for (int i = 0; i < steps.size(); i++) {
      for (Buf b : steps.get(i).buffers()) {
        int at = i;
        lives.computeIfAbsent(b, x -> new int[] {at, at})[1] = i;
      }
    }
    int last = Math.max(0, steps.size() - 1);
    for (Buf b : persistent) {
      lives.put(b, new int[] {0, last});
    }
    List<Buf> arena =
        new ArrayList<>(lives.keySet().stream().filter(b -> b.home == Buf.Home.ARENA).toList());
    arena.sort(Comparator.comparingLong((Buf b) -> -b.bytes()).thenComparingInt(b -> live(b)[0]));
    long most = 0;
    List<Buf> placed = new ArrayList<>();
    for (Buf b : arena) {
      long at = place(b, placed);
      offsets.put(b, at);
      placed.add(b);
      placed.sort(Comparator.comparingLong(this::offset));
      most = Math.max(most, at + reserve(b));
    }
    bytes = most;
    List<Entry> entries = new ArrayList<>();
    lives.forEach(
        (b, l) ->
            entries.add(
                new Entry(b.name, b.tag, b.bytes(), l[0], l[1], offsets.getOrDefault(b, -1L))));
    report =
        MemoryReport.of(entries, steps.stream().map(Step::name).toList(), Math.max(ALIGN, bytes));
  }

  private static long reserve(Buf b) {
    return (b.bytes() + ALIGN + ALIGN - 1) / ALIGN * ALIGN;
  }

  private int[] live(Buf b) {
    int[] l = lives.get(b);
    if (l == null) {
      throw new AssertionError(b + " is never used");
    }
    return l;
  }

  private long place(Buf b, List<Buf> placed) {
    int[] mine = live(b);
    long at = 0;
    long size = reserve(b);
    for (Buf o : placed) {
      int[] theirs = live(o);
      if (theirs[1] < mine[0] || mine[1] < theirs[0]) {
        continue;
      }
      long start = offset(o);
      if (at + size <= start) {
        break;
      }
      at = Math.max(at, start + reserve(o));
    }
    return at;
  }

  long offset(Buf b) {
    Long o = offsets.get(b);
    if (o == null) {
      throw new AssertionError(b + " has no place in the arena");
    }
    return o;
  }

  boolean has(Buf b) {
    return offsets.containsKey(b);
  }

  long bytes() {
    return Math.max(ALIGN, bytes);
  }

  MemoryReport report() {
    return report;
  }
}
