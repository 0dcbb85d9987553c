package dev.retrograde.x64.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A buffer between two pages that nobody may touch, for tests: code that reads or writes outside
/// stops the process at once instead of being wrong in silence.
///
/// Only one side can be exact, since pages are: the end or the start. The other side has up to a
/// page of slack, filled with a pattern that [#slackIsUntouched()] checks.
public final class GuardedBuffer implements AutoCloseable {
  private static final byte PATTERN = (byte) 0xA5;

  private final Pages pages;
  private final long base;
  private final long mappedBytes;
  private final Arena arena;
  private final MemorySegment inside;
  private final MemorySegment buffer;

  @SuppressWarnings("MustBeClosedChecker") // This owns the arena and closes it.
  private GuardedBuffer(long bytes, long alignment, boolean endExact) {
    if (bytes < 0 || Long.bitCount(alignment) != 1) {
      throw new IllegalArgumentException(
          "guarded buffer: expected a size of at least 0 and an alignment that is a power of two,"
              + " found "
              + bytes
              + " and "
              + alignment);
    }
    this.pages = ExecutableMemory.pages();
    long page = pages.pageBytes();
    long insideBytes = Math.max(page, pages.roundUp(bytes));
    this.mappedBytes = insideBytes + 2 * page;
    Pages.Answer mapped = pages.map(mappedBytes);
    if (!mapped.granted()) {
      throw new IllegalStateException(
          "guarded buffer: mapping " + mappedBytes + " bytes failed: " + mapped.error());
    }
    this.base = mapped.address();
    guard(base, page);
    guard(base + page + insideBytes, page);
    this.arena = Arena.ofShared();
    this.inside = MemorySegment.ofAddress(base + page).reinterpret(insideBytes, arena, null);
    inside.fill(PATTERN);
    long offset = endExact ? (insideBytes - bytes) & -alignment : 0;
    this.buffer = inside.asSlice(offset, bytes);
  }

  private void guard(long address, long page) {
    Pages.Answer answer = pages.protect(address, page, Pages.Access.NONE);
    if (!answer.granted()) {
      pages.unmap(base, mappedBytes);
      throw new IllegalStateException("guarded buffer: no guard page: " + answer.error());
    }
  }

  /// A buffer whose last byte is the last before a guard page, whatever its alignment then is.
  public static GuardedBuffer endingAtGuard(long bytes) {
    return new GuardedBuffer(bytes, 1, true);
  }

  /// A buffer that is aligned and ends as close before a guard page as that allows.
  ///
  /// @param alignment a power of two
  public static GuardedBuffer endingAtGuard(long bytes, long alignment) {
    return new GuardedBuffer(bytes, alignment, true);
  }

  /// A buffer whose first byte is the first after a guard page.
  public static GuardedBuffer startingAtGuard(long bytes) {
    return new GuardedBuffer(bytes, 1, false);
  }

  /// The buffer, usable by any thread until `close`.
  public MemorySegment segment() {
    return buffer;
  }

  /// Whether all bytes between the buffer and its guard pages are as they were made.
  public boolean slackIsUntouched() {
    long from = buffer.address() - inside.address();
    long to = from + buffer.byteSize();
    for (long i = 0; i < inside.byteSize(); i++) {
      boolean outside = i < from || i >= to;
      if (outside && inside.get(ValueLayout.JAVA_BYTE, i) != PATTERN) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    arena.close();
    pages.unmap(base, mappedBytes);
  }
}
