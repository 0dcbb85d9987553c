package dev.retrograde.bench.task;

/// One side of the kernel suite: a single product or convolution, ready to run.
///
/// All methods are called by one and the same platform thread. The peer owns its memory until
/// [#close].
public interface KernelPeer extends AutoCloseable {
  /// What is computed.
  KernelShape shape();

  /// Which implementation was chosen, for reports.
  String implementation();

  /// Sets both operands, given in our layout and in the order of [KernelShape].
  void setOperands(float[] first, float[] second);

  /// Computes once, in the peer's own layouts.
  void run();

  /// The result of the last [#run] in our layout.
  float[] result();

  @Override
  void close();

  /// Seconds a call, the mean over as many calls as fill `seconds` after one call to warm up.
  default double secondsPerCall(double seconds) {
    run();
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    long calls = 0;
    long now;
    do {
      run();
      calls++;
      now = System.nanoTime();
    } while (now < end);
    return (now - start) * 1e-9 / calls;
  }
}
