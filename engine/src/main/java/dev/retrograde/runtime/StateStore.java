package dev.retrograde.runtime;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.scalar.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Named tensors that outlive a run: parameters, statistics, optimiser state. Several executables
/// share one store. Entries lie one after another in one block of memory, each at a multiple of 64
/// bytes, in the order of their first declaration; each is followed by at least 64 bytes of slack.
///
/// The store owns its memory until [#close]; afterwards every access is an exception. One thread at
/// a time changes it: compiled programs that run over one store share the memory that they compute
/// in ([Scratch]), so a second run during a first one is refused.
public final class StateStore implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final Map<String, Slot> slots = new LinkedHashMap<>();
  private final MemorySegment block;
  private final List<Scratch> scratches = new ArrayList<>();
  private final AtomicReference<@Nullable String> running = new AtomicReference<>();

  private record Slot(StateEntry entry, long offset) {}

  /// Allocates and initialises the state of these programs; an entry named by several is one entry.
  ///
  /// @param seed of random initial values; each entry draws from its own stream, by name
  public static StateStore of(long seed, Program... programs) {
    return new StateStore(seed, union(programs).values());
  }

  /// The entries of all programs, by name, in order of their first declaration.
  private static Map<String, StateEntry> union(Program... programs) {
    Map<String, StateEntry> entries = new LinkedHashMap<>();
    for (Program p : programs) {
      for (Program.StateParam s : p.state()) {
        StateEntry known = entries.putIfAbsent(s.entry().name(), s.entry());
        if (known != null && !known.type().equals(s.entry().type())) {
          throw new IllegalArgumentException(
              "program '"
                  + p.name()
                  + "' declares state '"
                  + known.name()
                  + "' as "
                  + s.entry().type()
                  + ", an earlier program as "
                  + known.type());
        }
      }
    }
    return entries;
  }

  /// Gives each entry its place; returns the bytes that all take.
  private static long layout(Collection<StateEntry> entries, Map<String, Slot> slots) {
    long at = 0;
    for (StateEntry e : entries) {
      slots.put(e.name(), new Slot(e, at));
      at += (e.type().bytes() + 127) / 64 * 64;
    }
    return Math.max(64, at);
  }

  private StateStore(long seed, Collection<StateEntry> entries) {
    block = arena.allocate(layout(entries, slots), 64);
    for (StateEntry e : entries) {
      InitialValues.write(segment(e.name()), e, seed);
    }
  }

  public List<StateEntry> entries() {
    return slots.values().stream().map(Slot::entry).toList();
  }

  /// Bytes of all entries, without alignment.
  public long bytes() {
    return slots.values().stream().mapToLong(s -> s.entry().type().bytes()).sum();
  }

  /// Bytes that the store reserves.
  public long reservedBytes() {
    return block.byteSize();
  }

  /// Bytes that a store of these programs would reserve.
  public static long reservedBytes(Program... programs) {
    return layout(union(programs).values(), new LinkedHashMap<>());
  }

  /// The memory of an entry, valid until the store is closed.
  public MemorySegment segment(String name) {
    Slot s = slot(name);
    return block.asSlice(s.offset, s.entry.type().bytes());
  }

  public boolean has(String name) {
    return slots.containsKey(name);
  }

  public StateEntry entry(String name) {
    return slot(name).entry;
  }

  /// A copy on the heap.
  public HostTensor get(String name) {
    return Segments.read(segment(name), slot(name).entry.type());
  }

  public void set(String name, HostTensor value) {
    StateEntry e = slot(name).entry;
    if (!e.type().equals(value.type())) {
      throw new IllegalArgumentException(
          "state '" + name + "' is " + e.type() + ", found " + value.type());
    }
    Segments.write(segment(name), value);
  }

  private Slot slot(String name) {
    Slot s = slots.get(name);
    if (s == null) {
      throw new IllegalArgumentException("no state '" + name + "'; there are " + slots.keySet());
    }
    if (!arena.scope().isAlive()) {
      throw new IllegalStateException("the state store is closed; '" + name + "' is gone");
    }
    return s;
  }

  // What runs compute in.

  /// Memory for what a program computes in: the largest that this store has, or a new one if that
  /// is too small. Executables that were made before keep the smaller one until they are closed, so
  /// compile the largest program first. Who takes it gives it back by [#release].
  public synchronized Scratch scratch(long bytes, Scratch.Source source) {
    Scratch largest = null;
    for (Scratch s : scratches) {
      largest = largest == null || s.bytes() > largest.bytes() ? s : largest;
    }
    if (largest == null || largest.bytes() < bytes) {
      largest = Scratch.of(bytes, source);
      scratches.add(largest);
    }
    largest.take();
    return largest;
  }

  /// Gives scratch memory back; its last user frees it, even after the store is closed.
  public synchronized void release(Scratch scratch) {
    if (scratch.giveBack()) {
      scratches.remove(scratch);
    }
  }

  /// Bytes that a program of so many would add to the scratch memory of this store.
  public synchronized long missingScratch(long bytes) {
    return scratches.stream().anyMatch(s -> s.bytes() >= bytes) ? 0 : bytes;
  }

  /// Bytes of scratch memory in use.
  public synchronized long scratchBytes() {
    return scratches.stream().mapToLong(Scratch::bytes).sum();
  }

  /// Begins a run that uses this store's scratch memory; [#leave] ends it. Allocates nothing.
  ///
  /// @throws IllegalStateException if the store is closed, or if another run has not ended
  public void enter(String program) {
    check();
    String other = running.compareAndExchange(null, program);
    if (other != null) {
      throw new IllegalStateException(
          "program '"
              + program
              + "' cannot run now: program '"
              + other
              + "' runs over the same state, and both compute in its scratch memory. Run them one after another, or give each thread a StateStore of its own.");
    }
  }

  /// Ends the run that [#enter] began.
  public void leave() {
    running.set(null);
  }

  /// @throws IllegalStateException if the store is closed
  public void check() {
    if (!arena.scope().isAlive()) {
      throw new IllegalStateException("the state store is closed");
    }
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  /// Reads and writes elements as stored bits.
  public static final class Segments {
    private Segments() {}

    public static void put(MemorySegment m, DType d, long i, long bits) {
      switch (d.bytes()) {
        case 1 -> m.set(ValueLayout.JAVA_BYTE, i, (byte) bits);
        case 2 -> m.set(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2, (short) bits);
        case 4 -> m.set(ValueLayout.JAVA_INT_UNALIGNED, i * 4, (int) bits);
        default -> m.set(ValueLayout.JAVA_LONG_UNALIGNED, i * 8, bits);
      }
    }

    public static long get(MemorySegment m, DType d, long i) {
      return switch (d) {
        case F32 -> m.get(ValueLayout.JAVA_INT_UNALIGNED, i * 4) & 0xffffffffL;
        case I32 -> m.get(ValueLayout.JAVA_INT_UNALIGNED, i * 4);
        case F64, I64, FRAME -> m.get(ValueLayout.JAVA_LONG_UNALIGNED, i * 8);
        case BF16 -> m.get(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2) & 0xffffL;
        case I16 -> m.get(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2);
        case I8 -> m.get(ValueLayout.JAVA_BYTE, i);
        case U8, BOOL -> m.get(ValueLayout.JAVA_BYTE, i) & 0xffL;
      };
    }

    public static HostTensor read(MemorySegment m, dev.retrograde.ir.Type t) {
      HostTensor h = HostTensor.zeros(t);
      for (int i = 0; i < h.size(); i++) {
        h.setBits(i, get(m, t.dtype(), i));
      }
      return h;
    }

    public static void write(MemorySegment m, HostTensor h) {
      for (int i = 0; i < h.size(); i++) {
        put(m, h.dtype(), i, h.bits(i));
      }
    }
  }
}
