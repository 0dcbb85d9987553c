package dev.retrograde.pass.routine;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// An op's work on memory that it was bound to. Belongs to the thread of its program; allocates
/// nothing.
public interface Routine {
  /// Does it once.
  void run();

  /// How an op's routine is made, and what it needs.
  ///
  /// @param scratch bytes of memory that it computes in and leaves to others
  /// @param arrays bytes on the heap that it keeps from when it is bound
  /// @param mayFail whether operands can make it throw
  record Plan(long scratch, long arrays, boolean mayFail, Maker maker) {}

  /// Binds a routine to memory.
  @FunctionalInterface
  interface Maker {
    /// @param in operands, dense and row-major
    /// @param out results likewise, none of them in the memory of an operand
    /// @param scratch at least as many bytes as the plan says
    Routine on(List<MemorySegment> in, List<MemorySegment> out, MemorySegment scratch);
  }
}
