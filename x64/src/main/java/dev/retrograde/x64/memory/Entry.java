package dev.retrograde.x64.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// A function in loaded machine code: `void (void* args, int64 lo, int64 hi)`.
///
/// Under the System V convention `args` arrives in RDI, `lo` in RSI, `hi` in RDX, a result leaves
/// in RAX; RBX, RBP, RSP and R12 to R15 must come back as they were, and the upper halves of the
/// vector registers should be zeroed. All calls go through one constant handle that takes the
/// address, so that the compiler sees through it: a call costs some nanoseconds and allocates
/// nothing.
///
/// The code's pages and `args` cannot be freed while a call runs. Garbage collection goes on during
/// it. Any thread may call.
public final class Entry {
  private static final MethodHandle CALL =
      Linker.nativeLinker()
          .downcallHandle(FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle CALL_LONG =
      Linker.nativeLinker()
          .downcallHandle(FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG));

  private final MemorySegment code;

  Entry(MemorySegment code) {
    this.code = code;
  }

  /// Calls the function.
  ///
  /// @param args native memory that the function may read and write, or [MemorySegment#NULL]
  /// @param lo first of the pieces of work, or any number
  /// @param hi one behind the last piece of work, or any number
  /// @throws IllegalStateException if the code or `args` was closed, or `args` belongs to another
  ///   thread
  public void call(MemorySegment args, long lo, long hi) {
    try {
      CALL.invokeExact(code, args, lo, hi);
    } catch (Throwable e) {
      throw Unchecked.of(e);
    }
  }

  /// Calls the function and gives what it left in RAX.
  public long callLong(MemorySegment args, long lo, long hi) {
    try {
      return (long) CALL_LONG.invokeExact(code, args, lo, hi);
    } catch (Throwable e) {
      throw Unchecked.of(e);
    }
  }

  /// Where the function stands.
  public long address() {
    return code.address();
  }
}
