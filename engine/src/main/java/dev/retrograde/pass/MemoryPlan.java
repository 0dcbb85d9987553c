package dev.retrograde.pass;

import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Entry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Where each buffer of the arena lies: the largest first, each at the lowest offset that no buffer
/// alive at the same time covers. Every buffer starts at a multiple of 64 bytes and is followed by
/// 64 bytes of slack.
final class MemoryPlan {
  private static final long ALIGN = 64;

  private final Map<Buf, Slot> slots = new LinkedHashMap<>();
  private final long bytes;
  private final MemoryReport report;

  /// A buffer's lifetime, both steps included, and its place.
  private static final class Slot {
    private final Buf buf;
    private int birth;
    private int death;
    private long offset = -1;

    Slot(Buf buf, int birth) {
      this.buf = buf;
      this.birth = birth;
      this.death = birth;
    }

    long end() {
      return offset + reserve(buf);
    }
  }

  MemoryPlan(List<Step> steps, List<Buf> persistent) {
    for (int i = 0; i < steps.size(); i++) {
      for (Buf b : steps.get(i).buffers()) {
        int at = i;
        slots.computeIfAbsent(b, x -> new Slot(x, at)).death = i;
      }
    }
    for (Buf b : persistent) {
      Slot s = slots.computeIfAbsent(b, x -> new Slot(x, 0));
      s.birth = 0;
      s.death = Math.max(0, steps.size() - 1);
    }
    List<Slot> arena =
        new ArrayList<>(slots.values().stream().filter(s -> s.buf.home == Buf.Home.ARENA).toList());
    arena.sort(Comparator.comparingLong((Slot s) -> -s.buf.bytes()).thenComparingInt(s -> s.birth));
    long most = 0;
    List<Slot> placed = new ArrayList<>();
    for (Slot s : arena) {
      s.offset = place(s, placed);
      insert(placed, s);
      most = Math.max(most, s.end());
    }
    bytes = most;
    List<Entry> entries = new ArrayList<>();
    slots.forEach(
        (b, s) -> entries.add(new Entry(b.name, b.tag, b.bytes(), s.birth, s.death, s.offset)));
    report =
        MemoryReport.of(entries, steps.stream().map(Step::name).toList(), Math.max(ALIGN, bytes));
  }

  private static long reserve(Buf b) {
    return (b.bytes() + ALIGN + ALIGN - 1) / ALIGN * ALIGN;
  }

  /// Keeps the placed ones in order of offset.
  private static void insert(List<Slot> placed, Slot s) {
    int low = 0;
    int high = placed.size();
    while (low < high) {
      int mid = (low + high) >>> 1;
      if (placed.get(mid).offset < s.offset) {
        low = mid + 1;
      } else {
        high = mid;
      }
    }
    placed.add(low, s);
  }

  /// The lowest offset free for as long as s lives.
  private static long place(Slot s, List<Slot> placed) {
    long at = 0;
    long size = reserve(s.buf);
    for (Slot o : placed) {
      if (o.death < s.birth || s.death < o.birth) {
        continue;
      }
      if (at + size <= o.offset) {
        break;
      }
      at = Math.max(at, o.end());
    }
    return at;
  }

  long offset(Buf b) {
    Slot s = slots.get(b);
    if (s == null || s.offset < 0) {
      throw new AssertionError(b + " has no place in the arena");
    }
    return s.offset;
  }

  long bytes() {
    return Math.max(ALIGN, bytes);
  }

  MemoryReport report() {
    return report;
  }
}
