package dev.retrograde.x64;

import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.KernelReference;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.KernelCompiler.CompiledKernel;
import dev.retrograde.x64.memory.GuardedBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Runs kernels twice, by the reference and as code, and compares all buffers bit for bit, NaN with
/// NaN. Code runs in buffers between guard pages: once with the start at a page that nobody may
/// touch, once with the end of the slack.
final class KernelCheck implements AutoCloseable {
  private static final int BYTES = 8192;
  private static final int SLACK = 64;

  private final List<GuardedBuffer> pool = new ArrayList<>();

  private MemorySegment guarded(int i) {
    while (pool.size() <= i) {
      pool.add(GuardedBuffer.endingAtGuard(BYTES));
    }
    return pool.get(i).segment();
  }

  /// What is wrong with the kernel's code, or an empty text.
  String differs(X64KernelCompiler compiler, Kernel kernel, List<Integer> sizes, long seed) {
    CompiledKernel code = compiler.compile(kernel);
    for (boolean end : new boolean[] {true, false}) {
      String found = differs(code, kernel, sizes, seed, end);
      if (!found.isEmpty()) {
        return found + (end ? " (guarded behind)" : " (guarded before)");
      }
    }
    return "";
  }

  private String differs(
      CompiledKernel code, Kernel kernel, List<Integer> sizes, long seed, boolean end) {
    Random random = new Random(seed);
    List<MemorySegment> expected = new ArrayList<>();
    List<MemorySegment> whole = new ArrayList<>();
    List<MemorySegment> found = new ArrayList<>();
    for (int i = 0; i < sizes.size(); i++) {
      DType d = kernel.params().get(i);
      int bytes = sizes.get(i) * d.bytes();
      long from = end ? BYTES - SLACK - bytes : 0;
      MemorySegment room = guarded(i).asSlice(from, bytes + SLACK);
      room.fill((byte) 0x7b);
      MemorySegment data = room.asSlice(0, bytes);
      for (int e = 0; e < sizes.get(i); e++) {
        write(d, data, e, Samples.bits(random, d));
      }
      whole.add(room);
      found.add(data);
      byte[] copy = data.toArray(ValueLayout.JAVA_BYTE);
      expected.add(MemorySegment.ofArray(copy));
    }
    KernelReference.run(kernel, expected, 0, kernel.extent());
    var bound = code.bind(found);
    long middle = random.nextInt(kernel.extent() + 1);
    bound.run(0, middle);
    bound.run(middle, kernel.extent());
    for (int i = 0; i < sizes.size(); i++) {
      DType d = kernel.params().get(i);
      for (int e = 0; e < sizes.get(i); e++) {
        if (!same(d, expected.get(i), found.get(i), e)) {
          return "p"
              + i
              + "["
              + e
              + "] "
              + d.text()
              + ": expected "
              + text(d, expected.get(i), e)
              + ", found "
              + text(d, found.get(i), e);
        }
      }
      MemorySegment slack = whole.get(i).asSlice(found.get(i).byteSize());
      for (int b = 0; b < SLACK; b++) {
        if (slack.get(ValueLayout.JAVA_BYTE, b) != 0x7b) {
          return "p" + i + ": written " + b + " bytes behind the end";
        }
      }
    }
    return "";
  }

  private static void write(DType d, MemorySegment s, long i, long bits) {
    switch (d.bytes()) {
      case 1 -> s.set(ValueLayout.JAVA_BYTE, i, (byte) bits);
      case 2 -> s.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * i, (short) bits);
      case 4 -> s.set(ValueLayout.JAVA_INT_UNALIGNED, 4 * i, (int) bits);
      default -> s.set(ValueLayout.JAVA_LONG_UNALIGNED, 8 * i, bits);
    }
  }

  private static long read(DType d, MemorySegment s, long i) {
    return switch (d.bytes()) {
      case 1 -> s.get(ValueLayout.JAVA_BYTE, i);
      case 2 -> s.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * i);
      case 4 -> s.get(ValueLayout.JAVA_INT_UNALIGNED, 4 * i);
      default -> s.get(ValueLayout.JAVA_LONG_UNALIGNED, 8 * i);
    };
  }

  private static boolean same(DType d, MemorySegment a, MemorySegment b, long i) {
    long x = read(d, a, i);
    long y = read(d, b, i);
    return x == y || isNan(d, x) && isNan(d, y);
  }

  private static boolean isNan(DType d, long bits) {
    return switch (d) {
      case F32 -> Float.isNaN(Float.intBitsToFloat((int) bits));
      case BF16 -> Float.isNaN(Float.intBitsToFloat((int) bits << 16));
      case F64 -> Double.isNaN(Double.longBitsToDouble(bits));
      case I8, I16, I32, I64, U8, BOOL, FRAME -> false;
    };
  }

  private static String text(DType d, MemorySegment s, long i) {
    long bits = read(d, s, i);
    String hex = "0x" + Long.toHexString(bits);
    return switch (d) {
      case F32 -> hex + " (" + Float.intBitsToFloat((int) bits) + ")";
      case BF16 -> hex + " (" + Float.intBitsToFloat((int) bits << 16) + ")";
      case F64 -> hex + " (" + Double.longBitsToDouble(bits) + ")";
      case I8, I16, I32, I64, U8, BOOL, FRAME -> hex;
    };
  }

  @Override
  public void close() {
    pool.forEach(GuardedBuffer::close);
  }
}
