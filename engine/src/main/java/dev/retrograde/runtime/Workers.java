package dev.retrograde.runtime;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A few threads that run parts of one job after another, spinning briefly between jobs and parking
/// when none comes. The calling thread takes the first part itself.
///
/// Idea: jobs are numbered; a worker waits for the number to move, runs its part, and counts down.
/// Nothing is allocated for a job.
public final class Workers implements AutoCloseable {
  private static final int SPINS = 4_000;

  /// What a job does for each part.
  public interface Job {
    void part(int part, int parts);
  }

  private final int threads;
  private final Thread[] others;
  private final AtomicLong generation = new AtomicLong();
  private final AtomicInteger left = new AtomicInteger();
  private final AtomicIntegerArray parked;
  private volatile @Nullable Job job;
  private volatile @Nullable Throwable failure;
  private volatile boolean closed;

  /// @param threads parts of each job, the caller's included
  public Workers(int threads) {
    this.threads = threads;
    parked = new AtomicIntegerArray(threads);
    others = new Thread[threads - 1];
    for (int i = 0; i < others.length; i++) {
      int part = i + 1;
      others[i] =
          Thread.ofPlatform().daemon().name("retrograde-worker-" + part).start(() -> work(part));
    }
  }

  public int threads() {
    return threads;
  }

  /// Runs all parts of a job; returns when the last is done.
  public void run(Job j) {
    if (closed) {
      throw new IllegalStateException("the workers are closed");
    }
    if (others.length == 0) {
      j.part(0, 1);
      return;
    }
    job = j;
    left.set(others.length);
    generation.incrementAndGet();
    for (int i = 0; i < others.length; i++) {
      if (parked.get(i + 1) == 1) {
        LockSupport.unpark(others[i]);
      }
    }
    Throwable own = null;
    try {
      j.part(0, threads);
    } catch (RuntimeException | Error x) {
      own = x;
    }
    for (int spins = 0; left.get() > 0; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        Thread.yield(); // the other thread may be waiting for this core
      }
    }
    Throwable theirs = failure;
    failure = null;
    Throwable first = own != null ? own : theirs;
    if (first instanceof RuntimeException r) {
      throw r;
    }
    if (first instanceof Error e) {
      throw e;
    }
  }

  private void work(int part) {
    long seen = 0;
    while (true) {
      int spins = 0;
      while (generation.get() == seen) {
        if (closed) {
          return;
        }
        if (spins++ < SPINS) {
          Thread.onSpinWait();
        } else {
          parked.set(part, 1);
          // The number is read again after the flag is up, so that no job is slept through.
          if (generation.get() == seen && !closed) {
            LockSupport.park(this);
          }
          parked.set(part, 0);
        }
      }
      seen = generation.get();
      Job j = job;
      try {
        if (j != null) {
          j.part(part, threads);
        }
      } catch (RuntimeException | Error x) {
        failure = x;
      } finally {
        left.decrementAndGet();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Thread t : others) {
      LockSupport.unpark(t);
    }
  }
}
