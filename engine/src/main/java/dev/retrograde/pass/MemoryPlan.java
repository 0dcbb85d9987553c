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

  /// Further tries of one order, each with the highest place moved to the front.
  private static final int REPAIRS = 16;

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

    boolean taken(int step) {
      return birth <= step && step <= last;
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

  /// Gives every place of the arena its offset; returns the end of the last. Which order of placing
  /// packs best depends on the program: several are tried unless the first comes close to what is
  /// alive at most.
  private long placeAll() {
    List<Slot> arena =
        new ArrayList<>(
            slots.values().stream()
                .filter(s -> s.buf.home == Buf.Home.ARENA && s.over == null)
                .toList());
    Comparator<Slot> largest = Comparator.comparingLong(s -> -s.buf.bytes());
    Comparator<Slot> longest = Comparator.comparingInt(s -> s.birth - s.last);
    long[] taken = taken(arena);
    int peak = 0;
    for (int i = 0; i < taken.length; i++) {
      peak = taken[i] > taken[peak] ? i : peak;
    }
    long close = taken[peak] * 102 / 100;
    int at = peak;
    List<Comparator<Slot>> orders =
        List.of(
            largest.thenComparingInt(s -> s.birth),
            Comparator.comparingLong(s -> -s.buf.bytes() * (s.last - s.birth + 1)),
            Comparator.comparing((Slot s) -> !s.taken(at)).thenComparing(longest),
            Comparator.comparing((Slot s) -> !s.taken(at)).thenComparing(largest),
            largest.thenComparingInt(s -> -s.last),
            longest.thenComparing(largest));
    long most = Long.MAX_VALUE;
    long[] offsets = new long[arena.size()];
    for (int i = 0; i < orders.size() && most > close; i++) {
      List<Slot> ordered = new ArrayList<>(arena);
      ordered.sort(orders.get(i));
      for (int again = 0; again <= REPAIRS && most > close; again++) {
        long end = place(ordered, again % 2 == 1);
        if (end < most) {
          most = end;
          for (int k = 0; k < offsets.length; k++) {
            offsets[k] = arena.get(k).offset;
          }
        }
        // What ends highest is placed first the next time.
        ordered.sort(Comparator.comparing((Slot s) -> s.end() < end));
      }
    }
    for (int k = 0; k < offsets.length; k++) {
      arena.get(k).offset = offsets[k];
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

  /// Places in this order; returns the end of the last.
  private static long place(List<Slot> ordered, boolean tight) {
    long most = 0;
    List<Slot> placed = new ArrayList<>();
    for (Slot s : ordered) {
      s.offset = place(s, placed, tight);
      insert(placed, s);
      most = Math.max(most, s.end());
    }
    return most;
  }

  /// Bytes of places taken at each step: no order needs fewer than the most of them.
  private static long[] taken(List<Slot> arena) {
    long[] taken = new long[arena.stream().mapToInt(s -> s.last + 2).max().orElse(1)];
    for (Slot s : arena) {
      taken[s.birth] += reserve(s.buf);
      taken[s.last + 1] -= reserve(s.buf);
    }
    for (int i = 1; i < taken.length; i++) {
      taken[i] += taken[i - 1];
    }
    return taken;
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
  private static long place(Slot s, List<Slot> placed, boolean tight) {
    long at = 0;
    long size = reserve(s.buf);
    long best = -1;
    long tightest = Long.MAX_VALUE;
    for (Slot o : placed) {
      if (o.last < s.birth || s.last < o.birth) {
        continue;
      }
      long gap = o.offset - at;
      if (gap >= size && (tight ? gap < tightest : best < 0)) {
        best = at;
        tightest = gap;
      }
      at = Math.max(at, o.end());
    }
    return best < 0 ? at : best;
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
