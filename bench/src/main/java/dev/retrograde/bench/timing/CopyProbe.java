package dev.retrograde.bench.timing;

import java.util.Arrays;

/// Measures the copying of memory far larger than the caches, in GB/s of bytes read plus bytes
/// written over all threads.
///
/// Holds two arrays of 64 MiB a thread for its life.
public final class CopyProbe implements Probe {
  private static final int FLOATS = 16 << 20;

  private final int threads;
  private final float[][] source;
  private final float[][] target;

  /// A probe for `threads` threads (at least 1); allocates and touches its arrays.
  public CopyProbe(int threads) {
    this(threads, FLOATS);
  }

  CopyProbe(int threads, int floats) {
    if (threads < 1) {
      throw new IllegalArgumentException(
          "Probe 'copy': expected at least 1 thread, found " + threads + "; use the bench's count");
    }
    this.threads = threads;
    this.source = new float[threads][floats];
    this.target = new float[threads][floats];
    for (int thread = 0; thread < threads; thread++) {
      Arrays.fill(source[thread], thread + 1);
    }
    rate();
  }

  @Override
  public String name() {
    return "copy";
  }

  @Override
  public String unit() {
    return "GB/s";
  }

  @Override
  public double rate() {
    long start = System.nanoTime();
    Crew.run(
        threads,
        thread -> System.arraycopy(source[thread], 0, target[thread], 0, source[thread].length));
    double seconds = (System.nanoTime() - start) * 1e-9;
    return 2.0 * Float.BYTES * source[0].length * threads / seconds * 1e-9;
  }
}
