package dev.retrograde.pass.routine;

import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarEval;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Elements of dense memory.
final class Cells {
  private Cells() {}

  static int number(MemorySegment m, long i) {
    return m.get(ValueLayout.JAVA_INT_UNALIGNED, 4 * i);
  }

  static void number(MemorySegment m, long i, int v) {
    m.set(ValueLayout.JAVA_INT_UNALIGNED, 4 * i, v);
  }

  static double real(MemorySegment m, long i) {
    return m.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8 * i);
  }

  static void real(MemorySegment m, long i, double v) {
    m.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8 * i, v);
  }

  /// A float of any width.
  static double real(MemorySegment m, DType d, long i) {
    return switch (d) {
      case F32 -> m.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * i);
      case F64 -> real(m, i);
      case BF16, I8, I16, I32, I64, U8, BOOL, FRAME ->
          ScalarCode.toDouble(d, Segments.get(m, d, i));
    };
  }

  /// Rounds to a float of any width.
  static void real(MemorySegment m, DType d, long i, double v) {
    switch (d) {
      case F32 -> m.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * i, (float) v);
      case F64 -> real(m, i, v);
      case BF16, I8, I16, I32, I64, U8, BOOL, FRAME ->
          Segments.put(m, d, i, ScalarCode.bitsOf(d, v));
    }
  }

  /// Adds one element to another: floats round, integers wrap.
  static void add(MemorySegment to, long i, MemorySegment from, long k, DType d) {
    if (d.isFloat()) {
      real(to, d, i, real(to, d, i) + real(from, d, k));
    } else {
      long sum = Segments.get(to, d, i) + Segments.get(from, d, k);
      Segments.put(to, d, i, ScalarEval.cast(DType.I64, d, sum));
    }
  }

  /// A position, or the nearest there is.
  static int clamped(MemorySegment positions, long i, int n) {
    return Math.clamp(number(positions, i), 0, n - 1);
  }
}
