package dev.retrograde.runtime;

import dev.retrograde.ir.Program;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// A compiled program bound to a state store.
///
/// Fill the [#input] segments, call [#run], read the [#output] segments; they belong to the
/// executable and are valid until it is closed. A run either completes, updates included, or throws
/// and leaves the state as it was. A warm run allocates nothing on the heap.
///
/// An executable belongs to the thread that made it; other threads get an exception.
public interface Executable extends AutoCloseable {
  Program program();

  /// Where the caller writes an input, row-major.
  MemorySegment input(String name);

  /// Where a run leaves an output, row-major.
  MemorySegment output(String name);

  /// Runs once.
  void run();

  /// Runs once like [#run], updates included, and times every kernel, in their order. The clock
  /// costs some 50 ns a kernel. Allocates.
  ///
  /// @throws UnsupportedOperationException where a target does not run kernel by kernel
  default List<StepTime> profile() {
    throw new UnsupportedOperationException(
        "target '"
            + compiled().target()
            + "' cannot time its kernels; compile for x64 or jvm to profile program '"
            + program().name()
            + "'");
  }

  /// What compiling did, made anew on each call.
  ///
  /// @throws UnsupportedOperationException where a target does not compile
  default Listing listing() {
    throw new UnsupportedOperationException(
        "target '" + compiled().target() + "' has no kernels to list; compile for x64 or jvm");
  }

  /// Every byte a run keeps.
  MemoryReport memory();

  /// What this executable and its store reserve outside the heap.
  Reservation reserved();

  /// The most bytes that frames and open calls took in the last run; 0 where a target keeps no
  /// stacks of them.
  default long frameBytes() {
    return 0;
  }

  /// What compiling made.
  Compiled compiled();

  @Override
  void close();

  /// Facts about the compiled form, counted, never estimated.
  ///
  /// @param target name of the target
  /// @param kernels kernel launches of one run
  /// @param distinct kernels of different code
  /// @param codeBytes bytes of machine code or bytecode
  /// @param compileNanos time from program to executable
  /// @param macs multiply-adds of one run, by phase: forward, backward, update
  record Compiled(
      String target, int kernels, int distinct, long codeBytes, long compileNanos, long[] macs) {}
}
