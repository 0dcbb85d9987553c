package dev.retrograde.bench.timing;

import java.util.function.IntConsumer;

/// Runs the same piece of work on several threads at once and waits for all of them.
final class Crew {
  private Crew() {}

  /// Runs `work` with 0 on the calling thread and with 1 to `threads - 1` on new threads, which
  /// inherit the caller's cores. A failure on any of them is thrown here.
  static void run(int threads, IntConsumer work) {
    Throwable[] failures = new Throwable[threads];
    Thread[] helpers = new Thread[threads];
    for (int thread = 1; thread < threads; thread++) {
      int number = thread;
      helpers[thread] = Thread.ofPlatform().daemon().start(() -> attempt(number, work, failures));
    }
    attempt(0, work, failures);
    for (int thread = 1; thread < threads; thread++) {
      join(helpers[thread]);
    }
    for (Throwable failure : failures) {
      if (failure != null) {
        throw new IllegalStateException("A probe failed: " + failure.getMessage(), failure);
      }
    }
  }

  private static void attempt(int number, IntConsumer work, Throwable[] failures) {
    try {
      work.accept(number);
    } catch (RuntimeException | Error failure) {
      failures[number] = failure;
    }
  }

  private static void join(Thread helper) {
    try {
      helper.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while a probe ran; run the bench again");
    }
  }
}
