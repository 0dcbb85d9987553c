package dev.retrograde.pass;

import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Entry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where each buffer of the arena lies: the largest first, each at the lowest offset that no buffer
/// alive at the same time covers. Every buffer starts at a multiple of 64 bytes and is followed by
/// 64 bytes of slack. Buffers that are written over one another share a place, which is taken from
/// the first one's birth to the last one's death.
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

    /// The one that it is written over, and the last step in which its place is taken.
    private @Nullable Slot over;

    private int last;

    Slot(Buf buf, int birth) {
      this.buf = buf;
      this.birth = birth;
      this.death = birth;
    }

    long end() {
      return offset + reserve(buf);
    }
  }

  /// @param over from a buffer to the one that it is written over
  MemoryPlan(List<Step> steps, Map<Buf, Buf> over, List<Buf> persistent) {
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
    slots.values().forEach(s -> s.last = s.death);
    share(over);
    bytes = placeAll();
    List<Entry> entries = new ArrayList<>();
    slots.values().forEach(s -> entries.add(entry(s)));
    report =
        MemoryReport.of(entries, steps.stream().map(Step::name).toList(), Math.max(ALIGN, bytes));
  }

  /// Ties buffers to those that they are written over.
  private void share(Map<Buf, Buf> over) {
    over.forEach((fresh, old) -> slot(fresh).over = slot(old));
    for (Slot s : slots.values()) {
      Slot first = first(s);
      first.last = Math.max(first.last, s.death);
    }
  }

  private static Slot first(Slot s) {
    Slot f = s;
    while (f.over != null) {
      f = f.over;
    }
    return f;
  }

  private Slot slot(Buf b) {
    Slot s = slots.get(b);
    if (s == null) {
      throw new AssertionError(b + " is used by no step");
    }
    return s;
  }

  /// Gives every place of the arena its offset; returns the end of the last.
  private long placeAll() {
    List<Slot> arena =
        new ArrayList<>(
            slots.values().stream()
                .filter(s -> s.buf.home == Buf.Home.ARENA && s.over == null)
                .toList());
    arena.sort(Comparator.comparingLong((Slot s) -> -s.buf.bytes()).thenComparingInt(s -> s.birth));
    long most = 0;
    List<Slot> placed = new ArrayList<>();
    for (Slot s : arena) {
      s.offset = place(s, placed);
      insert(placed, s);
      most = Math.max(most, s.end());
    }
    for (Slot s : slots.values()) {
      s.offset = first(s).offset;
    }
    return most;
  }

  /// One that is written over another is counted from the next step on, so that no byte counts
  /// twice.
  private static Entry entry(Slot s) {
    Slot old = s.over;
    int birth = old == null ? s.birth : s.birth + 1;
    String over = old == null ? "" : old.buf.name;
    return new Entry(s.buf.name, s.buf.tag, s.buf.bytes(), birth, s.death, s.offset, over);
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
      if (o.last < s.birth || s.last < o.birth) {
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
