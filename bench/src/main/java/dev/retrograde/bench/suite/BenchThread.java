package dev.retrograde.bench.suite;

import dev.retrograde.bench.libtorch.LibtorchSettings;
import dev.retrograde.bench.libtorch.TorchAllocator;
import dev.retrograde.bench.machine.CorePinning;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Runs a suite on a thread of its own that is pinned to as many cores as it may use.
///
/// Native settings come first, before any class of a peer is touched. Thread counts of native
/// libraries stick to the thread that sets them, and the thread's heap is the one that keeps freed
/// memory; so everything is measured on this one thread.
final class BenchThread {
  private BenchThread() {}

  /// Runs `work` with the number of threads, 1 where none is asked for, and waits. What `work`
  /// throws is thrown here.
  static void run(Optional<Integer> asked, IntConsumer work) {
    run(asked, TorchAllocator.KEEPS_FREED, work);
  }

  /// The same with a choice of what becomes of memory that libtorch frees.
  static void run(Optional<Integer> asked, TorchAllocator allocator, IntConsumer work) {
    int threads = asked.orElse(1);
    int cores = CorePinning.cores().size();
    if (threads > cores) {
      throw new IllegalArgumentException(
          "--threads: expected 1 to " + cores + ", the cores of this process, found " + threads);
    }
    LibtorchSettings.prepare(allocator);
    Failure failure = new Failure();
    Thread thread =
        Thread.ofPlatform()
            .name("bench")
            .start(() -> {
              try (CorePinning _ = CorePinning.toFirst(threads)) {
                work.accept(threads);
              } catch (RuntimeException | Error thrown) {
                failure.thrown = thrown;
              }
            });
    join(thread);
    switch (failure.thrown) {
      case null -> {}
      case RuntimeException ours -> throw ours;
      case Error error -> throw error;
      case Throwable other -> throw new AssertionError("caught nothing else", other);
    }
  }

  private static final class Failure {
    private @Nullable Throwable thrown;
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while the bench ran; run it again", interrupted);
    }
  }
}
