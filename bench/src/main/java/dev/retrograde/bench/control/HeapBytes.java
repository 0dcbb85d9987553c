package dev.retrograde.bench.control;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/// Heap bytes that the calling thread has allocated since it began.
final class HeapBytes {
  private final ThreadMXBean threads;

  HeapBytes() {
    if (!(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean counting)) {
      throw new UnsupportedOperationException(
          "this virtual machine does not count a thread's allocations; measure on HotSpot");
    }
    threads = counting;
  }

  long now() {
    return threads.getCurrentThreadAllocatedBytes();
  }
}
