package dev.retrograde.pass.routine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Positions of the first true elements of a bool vector.
final class Compacting implements Routine {
  private final MemorySegment x;
  private final MemorySegment y;
  private final int n;
  private final int wanted;

  private Compacting(MemorySegment x, MemorySegment y, int n, int wanted) {
    this.x = x;
    this.y = y;
    this.n = n;
    this.wanted = wanted;
  }

  static Plan plan(int n, int wanted) {
    return new Plan(0, 0, true, (in, out, s) -> new Compacting(in.get(0), out.get(0), n, wanted));
  }

  @Override
  public void run() {
    int found = 0;
    for (int i = 0; i < n && found < wanted; i++) {
      if (x.get(ValueLayout.JAVA_BYTE, i) != 0) {
        Cells.number(y, found++, i);
      }
    }
    if (found < wanted) {
      throw new IllegalStateException(
          "the count asks for "
              + wanted
              + " positions, but only "
              + found
              + " elements are true; count them with a sum");
    }
  }
}
