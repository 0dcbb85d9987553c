package dev.retrograde.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Lets work end in order when the user interrupts it.
///
/// The Java machine answers SIGINT by running its shutdown hooks and then ends with code 130. The
/// hook asks for the end and waits, so that the work can save its state.
final class Interruption implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 60;

  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook = Thread.ofPlatform().unstarted(this::ask);
  private volatile boolean requested;

  Interruption() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /// Whether the work should end now.
  boolean requested() {
    return requested;
  }

  private void ask() {
    requested = true;
    try {
      finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// The work is over; a machine that waits may end.
  @Override
  public void close() {
    finished.countDown();
    if (!requested) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The machine began to shut down just now; the hook finds the work finished.
      }
    }
  }
}
