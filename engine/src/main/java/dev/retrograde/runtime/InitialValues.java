package dev.retrograde.runtime;

import dev.retrograde.ir.RandomOp.RandomBits;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/// What an entry of a state store holds at first.
///
/// Numbers follow from the seed, the entry's name and the element's index, so that large entries
/// are drawn in pieces at the same time. Only a truncated normal, which draws again what lies
/// outside, is drawn in order.
final class InitialValues {
  /// Elements below which a second thread is not worth waking.
  private static final int PIECE = 1 << 14;

  private final int key;
  private final int high;

  private interface Draw {
    double at(long element);
  }

  private InitialValues(long seed, String name) {
    int h = 0x811C9DC5;
    for (int i = 0; i < name.length(); i++) {
      h = (h ^ name.charAt(i)) * 0x01000193;
    }
    key = h ^ (int) seed;
    high = (int) (seed >>> 32);
  }

  /// Writes an entry's initial values.
  ///
  /// @param to zeros, which all threads may write to
  static void write(MemorySegment to, StateEntry e, long seed) {
    InitialValues draws = new InitialValues(seed, e.name());
    DType d = e.type().dtype();
    long size = e.type().size();
    switch (e.init()) {
      case Init.Fill f -> fill(to, d, size, ScalarCode.bitsOf(d, f.value()));
      case Init.Normal n ->
          pieces(to, d, size, i -> n.mean() + n.deviation() * draws.normal((int) (2 * i)));
      case Init.TruncatedNormal n -> draws.truncated(to, d, size, n.deviation());
      case Init.Uniform u ->
          pieces(to, d, size, i -> u.low() + (u.high() - u.low()) * draws.uniform((int) i));
    }
  }

  private static void fill(MemorySegment to, DType d, long size, long bits) {
    if (bits == 0) {
      return;
    }
    for (long i = 0; i < size; i++) {
      Segments.put(to, d, i, bits);
    }
  }

  private static void pieces(MemorySegment to, DType d, long size, Draw draw) {
    int count = Math.toIntExact(Math.ceilDiv(size, PIECE));
    IntStream all = IntStream.range(0, count);
    (count > 1 ? all.parallel() : all)
        .forEach(p -> piece(to, d, (long) p * PIECE, Math.min(size, (p + 1L) * PIECE), draw));
  }

  private static void piece(MemorySegment to, DType d, long from, long end, Draw draw) {
    for (long i = from; i < end; i++) {
      Segments.put(to, d, i, ScalarCode.bitsOf(d, draw.at(i)));
    }
  }

  private void truncated(MemorySegment to, DType d, long size, double deviation) {
    int next = 0;
    for (long i = 0; i < size; i++) {
      double v;
      do {
        v = normal(next);
        next += 2;
      } while (Math.abs(v) > 2);
      Segments.put(to, d, i, ScalarCode.bitsOf(d, deviation * v));
    }
  }

  private double uniform(int at) {
    return ((RandomBits.philox(key, high, at) >>> 8) + 0.5) * 0x1p-24;
  }

  /// From two numbers that are uniform (Box and Muller 1958).
  private double normal(int at) {
    double r = StrictMath.sqrt(-2 * StrictMath.log(uniform(at)));
    return r * StrictMath.cos(2 * Math.PI * uniform(at + 1));
  }
}
