package dev.retrograde.bench.timing;

import java.util.Arrays;

/// Measures fused multiply-adds in f32 by plain Java that the JIT compiler vectorises, in GFLOP/s
/// over all threads.
///
/// Design note. Each element of a small array (1,024 floats, inside the first-level cache) goes
/// through a chain of eight dependent multiply-adds; neighbouring vectors are independent, so the
/// processor overlaps them and the loop is bound by arithmetic, not by loads. A longer chain fills
/// the processor's window before enough vectors are in flight. It stays below what machine code
/// reaches, and is meant to tell a busy machine from a quiet one; a probe printed as machine code
/// replaces it where the peak itself is wanted.
public final class FmaProbe implements Probe {
  private static final int ELEMENTS = 1024;
  private static final int CHAIN = 8;
  private static final int WARM_UP_SWEEPS = 80_000;

  private final int threads;
  private final int sweeps;
  private final float[][] data;

  /// A probe for `threads` threads (at least 1), warmed up until it is compiled.
  public FmaProbe(int threads) {
    this(threads, 80_000);
  }

  FmaProbe(int threads, int sweeps) {
    if (threads < 1) {
      throw new IllegalArgumentException(
          "Probe 'fma': expected at least 1 thread, found " + threads + "; use the bench's count");
    }
    this.threads = threads;
    this.sweeps = sweeps;
    this.data = new float[threads][ELEMENTS];
    for (float[] lane : data) {
      Arrays.fill(lane, 0.5f);
    }
    for (int sweep = 0; sweep < WARM_UP_SWEEPS; sweep++) {
      sweep(data[0], 0.5f, 0.25f);
    }
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
    return 2.0 * CHAIN * ELEMENTS * sweeps * threads / seconds * 1e-9;
  }

  private void work(int thread) {
    float[] lane = data[thread];
    for (int sweep = 0; sweep < sweeps; sweep++) {
      sweep(lane, 0.5f, 0.25f);
    }
    if (!(lane[0] > 0)) {
      throw new AssertionError("Probe 'fma' lost its fixed point 0.5, found " + lane[0]);
    }
  }

  private static void sweep(float[] values, float factor, float addend) {
    for (int i = 0; i < values.length; i++) {
      float v = values[i];
      v = Math.fma(v, factor, addend);
      v = Math.fma(v, factor, addend);
      v = Math.fma(v, factor, addend);
      v = Math.fma(v, factor, addend);
      v = Math.fma(v, factor, addend);
      v = Math.fma(v, factor, addend);
      v = Math.fma(v, factor, addend);
      v = Math.fma(v, factor, addend);
      values[i] = v;
    }
  }
}
