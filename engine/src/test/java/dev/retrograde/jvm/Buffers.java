package dev.retrograde.jvm;

import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.KernelReference;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Runs a kernel as printed and by the reference on equal buffers.
final class Buffers {
  private Buffers() {}

  static List<MemorySegment> filled(Arena arena, List<DType> params, long[] sizes, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<MemorySegment> out = new ArrayList<>();
    for (int p = 0; p < sizes.length; p++) {
      DType d = params.get(p);
      MemorySegment m = arena.allocate(sizes[p] * d.bytes() + 64, 64);
      for (long i = 0; i < sizes[p]; i++) {
        Segments.put(m, d, i, RandomKernel.bits(random, d));
      }
      out.add(m.asSlice(0, sizes[p] * d.bytes()));
    }
    return out;
  }

  /// Where the printed kernel and the reference differ, or null.
  static @Nullable String difference(
      JvmKernelCompiler compiler, Kernel kernel, long[] sizes, long seed) {
    return difference(
        found -> compiler.compile(kernel).bind(found).run(0, kernel.extent()), kernel, sizes, seed);
  }

  /// The same for a kernel that is printed in a special way.
  static @Nullable String difference(
      Consumer<List<MemorySegment>> printed, Kernel kernel, long[] sizes, long seed) {
    try (Arena arena = Arena.ofConfined()) {
      List<MemorySegment> expected = filled(arena, kernel.params(), sizes, seed);
      List<MemorySegment> found = filled(arena, kernel.params(), sizes, seed);
      KernelReference.run(kernel, expected, 0, kernel.extent());
      printed.accept(found);
      return difference(kernel, expected, found);
    }
  }

  /// The first element that differs; NaNs are equal.
  static @Nullable String difference(
      Kernel kernel, List<MemorySegment> expected, List<MemorySegment> found) {
    for (int p = 0; p < expected.size(); p++) {
      DType d = kernel.params().get(p);
      for (long i = 0; i < expected.get(p).byteSize() / d.bytes(); i++) {
        long e = Segments.get(expected.get(p), d, i);
        long f = Segments.get(found.get(p), d, i);
        boolean nan =
            d.isFloat()
                && Double.isNaN(ScalarCode.toDouble(d, e))
                && Double.isNaN(ScalarCode.toDouble(d, f));
        if (e != f && !nan) {
          return "p%d[%d] (%s): expected %x, found %x".formatted(p, i, d.text(), e, f);
        }
      }
    }
    return null;
  }
}
