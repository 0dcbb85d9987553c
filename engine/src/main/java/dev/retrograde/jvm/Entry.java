package dev.retrograde.jvm;

import java.lang.foreign.MemorySegment;

/// What a printed class implements.
interface Entry {
  /// Runs iterations `from` to `to - 1` of the outermost loop.
  ///
  /// @param buffers one for each parameter of the kernel
  /// @param scratch room for registers that leave a method, used by one thread at a time
  void run(MemorySegment[] buffers, long[] scratch, long from, long to);
}
