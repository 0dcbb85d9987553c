package dev.retrograde.jvm;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Arrays of one bound kernel through which its methods hand registers to each other. A run takes
/// one and gives it back; a warm run allocates nothing, up to 16 threads at once.
final class Scratch {
  private final AtomicReferenceArray<long @Nullable []> idle = new AtomicReferenceArray<>(16);
  private final int size;
  private final long[] none = {};

  Scratch(int size) {
    this.size = size;
    if (size > 0) {
      idle.set(0, new long[size]);
    }
  }

  long[] take() {
    if (size == 0) {
      return none;
    }
    for (int i = 0; i < idle.length(); i++) {
      long[] s = idle.getPlain(i);
      if (s != null && idle.compareAndSet(i, s, null)) {
        return s;
      }
    }
    return new long[size];
  }

  void giveBack(long[] s) {
    for (int i = 0; size > 0 && i < idle.length(); i++) {
      if (idle.compareAndSet(i, null, s)) {
        return;
      }
    }
  }
}
