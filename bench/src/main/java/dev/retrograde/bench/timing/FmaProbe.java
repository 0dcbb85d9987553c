package dev.retrograde.bench.timing;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.retrograde.x64.asm.Assembler;
import dev.retrograde.x64.asm.Cond;
import dev.retrograde.x64.asm.Gpr;
import dev.retrograde.x64.asm.Label;
import dev.retrograde.x64.asm.Mem;
import dev.retrograde.x64.asm.VOp;
import dev.retrograde.x64.asm.Vec;
import dev.retrograde.x64.asm.Width;
import dev.retrograde.x64.memory.CpuFeatures;
import dev.retrograde.x64.memory.Entry;
import dev.retrograde.x64.memory.ExecutableMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Measures fused multiply-adds in f32, in GFLOP/s over all threads: the peak that kernels are
/// compared with.
///
/// Design note. Machine code of our own: twelve accumulators of the widest vectors that the
/// processor has, each the sum of nothing but itself, so that neither loads nor the latency of an
/// instruction (four or five cycles on two units) limit the rate. The values stay at the fixed
/// point of `v / 2 + 1 / 4`. Owns its code until closed.
public final class FmaProbe implements Probe, AutoCloseable {
  private static final int ACCUMULATORS = 12;
  private static final int ROUNDS = 2;
  private static final int ITERATIONS = 2_000_000;
  private static final Vec FACTOR = Vec.V14;
  private static final Vec ADDEND = Vec.V15;

  private final int threads;
  private final int iterations;
  private final Width width;
  private final Arena arena = Arena.ofShared();
  private final Entry entry;
  private final MemorySegment results;

  /// A probe for `threads` threads (at least 1).
  public FmaProbe(int threads) {
    this(threads, ITERATIONS);
  }

  FmaProbe(int threads, int iterations) {
    if (threads < 1) {
      throw new IllegalArgumentException(
          "Probe 'fma': expected at least 1 thread, found " + threads + "; use the bench's count");
    }
    CpuFeatures features = CpuFeatures.detect();
    if (!features.hasAvx2Base()) {
      throw new UnsupportedOperationException(
          "Probe 'fma': expected a processor with AVX2 and fused multiply-add, found "
              + features.brand());
    }
    this.threads = threads;
    this.iterations = iterations;
    this.width = features.hasAvx512Base() ? Width.Z : Width.Y;
    this.entry = ExecutableMemory.load(code(width), arena).entry(0);
    this.results = arena.allocate((long) threads * width.bytes(), width.bytes());
    rate();
  }

  /// `void (float* result, long lo, long hi)`: `hi - lo` times all accumulators, twice.
  private static byte[] code(Width width) {
    Assembler asm = new Assembler();
    asm.v(VOp.VBROADCASTSS, width, FACTOR, asm.f32(0.5f));
    asm.v(VOp.VBROADCASTSS, width, ADDEND, asm.f32(0.25f));
    for (int i = 0; i < ACCUMULATORS; i++) {
      asm.v(VOp.VADDPS, width, Vec.of(i), ADDEND, ADDEND);
    }
    asm.mov(Gpr.RAX, Gpr.RDX);
    asm.sub(Gpr.RAX, Gpr.RSI);
    asm.align(32);
    Label loop = asm.here();
    for (int i = 0; i < ROUNDS * ACCUMULATORS; i++) {
      asm.v(VOp.VFMADD213PS, width, Vec.of(i % ACCUMULATORS), FACTOR, ADDEND);
    }
    asm.dec(Gpr.RAX);
    asm.j(Cond.NE, loop);
    for (int i = 1; i < ACCUMULATORS; i++) {
      asm.v(VOp.VMINPS, width, Vec.V0, Vec.V0, Vec.of(i));
    }
    asm.store(VOp.VMOVUPS, width, Mem.at(Gpr.RDI), Vec.V0);
    asm.vzeroupper();
    asm.ret();
    return asm.finish();
  }

  @Override
  public String name() {
    return "fma";
  }

  @Override
  public String unit() {
    return "GFLOP/s";
  }

  @Override
  public double rate() {
    long start = System.nanoTime();
    Crew.run(threads, this::work);
    double seconds = (System.nanoTime() - start) * 1e-9;
    double each = 2.0 * ROUNDS * ACCUMULATORS * lanes() * iterations;
    return each * threads / seconds * 1e-9;
  }

  private int lanes() {
    return width.bytes() / Float.BYTES;
  }

  private void work(int thread) {
    MemorySegment result = results.asSlice((long) thread * width.bytes(), width.bytes());
    entry.call(result, 0, iterations);
    for (int lane = 0; lane < lanes(); lane++) {
      float value = result.getAtIndex(JAVA_FLOAT, lane);
      if (value != 0.5f) {
        throw new AssertionError("Probe 'fma' lost its fixed point 0.5, found " + value);
      }
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
