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
  // One shape for calls with and without a result: building a handle takes tens of milliseconds.
  private static final MethodHandle CALL =
      Linker.nativeLinker()
          .downcallHandle(FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG));

  private final MemorySegment code;
  private final MemorySegment unguarded;

  Entry(MemorySegment code) {
    this.code = code;
    this.unguarded = MemorySegment.ofAddress(code.address());
  }

  /// Calls the function.
  ///
  /// @param args native memory that the function may read and write, or [MemorySegment#NULL]
  /// @param lo first of the pieces of work, or any number
  /// @param hi one behind the last piece of work, or any number
  /// @throws IllegalStateException if the code or `args` was closed
  /// @throws WrongThreadException if `args` belongs to another thread
  public void call(MemorySegment args, long lo, long hi) {
    callLong(args, lo, hi);
  }

  /// Calls the function and gives what it left in RAX.
  public long callLong(MemorySegment args, long lo, long hi) {
    try {
      return (long) CALL.invokeExact(code, args, lo, hi);
    } catch (Throwable e) {
      throw Unchecked.of(e);
    }
  }

  /// Calls the function without keeping its code alive, which saves an atomic operation.
  ///
  /// For a caller that makes many calls and has itself made sure that neither the code nor what it
  /// reads is closed meanwhile; a call into closed code stops the process. With `args` made by
  /// [MemorySegment#ofAddress(long)] the arguments cost no check either.
  public void callUnguarded(MemorySegment args, long lo, long hi) {
    try {
      long ignored = (long) CALL.invokeExact(unguarded, args, lo, hi);
    } catch (Throwable e) {
      throw Unchecked.of(e);
    }
  }

  /// Where the function stands.
  public long address() {
    return code.address();
  }
}
