package dev.retrograde.pass.routine;

import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import java.lang.foreign.MemorySegment;

/// Zeros with elements added at positions along the last axis, in order. Positions outside count as
/// the nearest inside, as everywhere in compiled programs.
final class Untaking implements Routine {
  private final MemorySegment x;
  private final MemorySegment positions;
  private final MemorySegment y;
  private final DType dtype;
  private final int k;
  private final int n;
  private final long rows;

  private Untaking(Type of, int n, MemorySegment x, MemorySegment positions, MemorySegment y) {
    this.x = x;
    this.positions = positions;
    this.y = y;
    this.dtype = of.dtype();
    this.k = of.dim(of.rank() - 1);
    this.n = n;
    this.rows = k == 0 || n == 0 ? 0 : of.size() / k;
  }

  /// @param of type of what is added
  /// @param n elements of each row of the result
  static Plan plan(Type of, int n) {
    return new Plan(
        0, 0, false, (in, out, s) -> new Untaking(of, n, in.get(0), in.get(1), out.get(0)));
  }

  @Override
  public void run() {
    y.fill((byte) 0);
    for (long row = 0; row < rows; row++) {
      for (int i = 0; i < k; i++) {
        long from = row * k + i;
        Cells.add(y, row * n + Cells.clamped(positions, from, n), x, from, dtype);
      }
    }
  }
}
