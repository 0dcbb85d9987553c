package dev.retrograde.pass.routine;

import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// One row of a tensor in arrays, as stored bits.
final class Row {
  private final DType dtype;
  private final long[] bits;
  private final int[] half;

  /// @param n most elements
  Row(DType dtype, int n) {
    this.dtype = dtype;
    this.bits = new long[n];
    this.half = new int[dtype.bytes() == 4 ? n : 0];
  }

  long bits(int i) {
    return bits[i];
  }

  /// Takes `n` elements from `start` on.
  void read(MemorySegment x, long start, int n) {
    switch (dtype.bytes()) {
      case 8 -> MemorySegment.copy(x, ValueLayout.JAVA_LONG_UNALIGNED, 8 * start, bits, 0, n);
      case 4 -> {
        MemorySegment.copy(x, ValueLayout.JAVA_INT_UNALIGNED, 4 * start, half, 0, n);
        for (int i = 0; i < n; i++) {
          bits[i] = half[i];
        }
      }
      default -> {
        for (int i = 0; i < n; i++) {
          bits[i] = Segments.get(x, dtype, start + i);
        }
      }
    }
  }

  /// Puts the elements at `from` where `start` begins, in that order.
  void write(MemorySegment y, long start, int[] from, int n, long[] spare) {
    switch (dtype.bytes()) {
      case 8 -> {
        for (int i = 0; i < n; i++) {
          spare[i] = bits[from[i]];
        }
        MemorySegment.copy(spare, 0, y, ValueLayout.JAVA_LONG_UNALIGNED, 8 * start, n);
      }
      case 4 -> {
        for (int i = 0; i < n; i++) {
          half[i] = (int) bits[from[i]];
        }
        MemorySegment.copy(half, 0, y, ValueLayout.JAVA_INT_UNALIGNED, 4 * start, n);
      }
      default -> {
        for (int i = 0; i < n; i++) {
          Segments.put(y, dtype, start + i, bits[from[i]]);
        }
      }
    }
  }
}
