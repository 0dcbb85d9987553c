package dev.retrograde.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Memory that runs compute in, which nothing outlives. All executables of one store share one, as
/// large as the largest of them needs: they never run at the same time.
///
/// Comes from [StateStore#scratch] and goes back by [StateStore#release]; the last to give it back
/// frees it.
public final class Scratch {
  private final Arena arena;
  private final MemorySegment memory;
  private int users;

  /// How memory is reserved: zeroed, aligned to 64 bytes, alive as long as the arena.
  public interface Source {
    MemorySegment reserve(Arena arena, long bytes);
  }

  private Scratch(Arena arena, MemorySegment memory) {
    this.arena = arena;
    this.memory = memory;
  }

  @SuppressWarnings("MustBeClosedChecker") // closed by the last user
  static Scratch of(long bytes, Source source) {
    Arena arena = Arena.ofShared();
    try {
      return new Scratch(arena, source.reserve(arena, bytes));
    } catch (RuntimeException | Error x) {
      arena.close();
      throw x;
    }
  }

  /// The memory itself; at least as long as it was asked for.
  public MemorySegment memory() {
    return memory;
  }

  long bytes() {
    return memory.byteSize();
  }

  void take() {
    users++;
  }

  /// Whether that was the last user; the memory is gone then.
  boolean giveBack() {
    if (users == 0) {
      throw new IllegalStateException("scratch memory was given back more often than taken");
    }
    users--;
    if (users == 0) {
      arena.close();
    }
    return users == 0;
  }
}
