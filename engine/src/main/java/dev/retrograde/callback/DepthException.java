package dev.retrograde.callback;

/// The native stack was too small for the callbacks that were open at a time.
public final class DepthException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  private final long depth;

  /// @param depth callbacks that were open
  /// @param cause the overflow
  public DepthException(long depth, Throwable cause) {
    super(
        "the thread's stack ended with "
            + depth
            + " callbacks open: every operation of the program keeps one open until the end; run it"
            + " on a thread with a larger stack by Callbacks.onStack(MiB, ...), at some 250 bytes to"
            + " 1 KiB a callback, or compile the program",
        cause);
    this.depth = depth;
  }

  /// Callbacks that were open.
  public long depth() {
    return depth;
  }
}
