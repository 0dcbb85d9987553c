package dev.retrograde.x64.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/// Machine code in pages that can be executed and not written.
///
/// The pages are mapped writable, filled, and then made executable: at no moment are they both.
/// They live until `close`, or until the arena that was given is closed; a call after that is an
/// `IllegalStateException`, and closing while a call runs is one too. Loading costs some system
/// calls and whole pages, so load all code of a program at once.
///
/// Any thread may call. The code runs with the caller's rights and can do anything to this process:
/// load only what the encoder printed.
public final class ExecutableMemory implements AutoCloseable {
  private final Arena arena;
  private final boolean ownsArena;
  private final MemorySegment code;

  private ExecutableMemory(Arena arena, boolean ownsArena, MemorySegment code) {
    this.arena = arena;
    this.ownsArena = ownsArena;
    this.code = code;
  }

  /// Whether code can be loaded on this platform, as a sentence that says why not; empty if it can.
  public static String whyUnavailable() {
    try (ExecutableMemory memory = load(new byte[] {(byte) 0xC3})) {
      memory.entry(0).call(MemorySegment.NULL, 0, 0);
      return "";
    } catch (ExecutableMemoryRefused e) {
      return e.reason();
    }
  }

  /// Loads code into pages of its own, which `close` gives back.
  ///
  /// @throws ExecutableMemoryRefused if the platform is not supported or refuses the pages
  @SuppressWarnings("MustBeClosedChecker") // The result owns the arena and closes it.
  public static ExecutableMemory load(byte[] code) {
    Arena arena = Arena.ofShared();
    try {
      return new ExecutableMemory(arena, true, copy(code, arena, pages()));
    } catch (ExecutableMemoryRefused e) {
      arena.close();
      throw e;
    }
  }

  /// Loads code into pages that are given back when the arena closes; `close` does nothing then.
  ///
  /// @throws ExecutableMemoryRefused if the platform is not supported or refuses the pages
  public static ExecutableMemory load(byte[] code, Arena arena) {
    return new ExecutableMemory(arena, false, copy(code, arena, pages()));
  }

  /// Loads code into pages from the given source.
  static MemorySegment copy(byte[] code, Arena arena, Pages pages) {
    if (code.length == 0) {
      throw new IllegalArgumentException("executable memory: expected code, found no byte");
    }
    long bytes = pages.roundUp(code.length);
    Pages.Answer mapped = pages.map(bytes);
    if (!mapped.granted()) {
      throw new ExecutableMemoryRefused("mapping " + bytes + " bytes failed: " + mapped.error());
    }
    long address = mapped.address();
    MemorySegment.copy(
        code,
        0,
        MemorySegment.ofAddress(address).reinterpret(bytes),
        ValueLayout.JAVA_BYTE,
        0,
        code.length);
    Pages.Answer executable = pages.protect(address, bytes, Pages.Access.READ_EXECUTE);
    if (!executable.granted()) {
      pages.unmap(address, bytes);
      throw new ExecutableMemoryRefused(
          "the system maps pages but does not let them become executable: " + executable.error());
    }
    return MemorySegment.ofAddress(address)
        .reinterpret(code.length, arena, gone -> pages.unmap(address, bytes))
        .asReadOnly();
  }

  /// The source of pages on this platform.
  static Pages pages() {
    return switch (Platform.detect()) {
      case Platform.LinuxX64 linux -> new LinuxPages();
      case Platform.NotSupported no -> throw new ExecutableMemoryRefused(no.reason());
    };
  }

  /// The function that begins at an offset in the code.
  ///
  /// @throws IndexOutOfBoundsException if the offset is outside the code
  public Entry entry(long offset) {
    return new Entry(code.asSlice(Objects.checkIndex(offset, code.byteSize()), 1));
  }

  /// Where the code stands; for maps and listings.
  public long address() {
    return code.address();
  }

  /// Bytes of code.
  public long byteSize() {
    return code.byteSize();
  }

  /// Gives the pages back, unless they belong to an arena that was given.
  ///
  /// @throws IllegalStateException if a call runs, or on a second close
  @Override
  public void close() {
    if (ownsArena) {
      arena.close();
    }
  }
}
