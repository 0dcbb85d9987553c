package dev.retrograde.pass.routine;

import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Elements along the last axis in order, or the first `k` of them, and the positions they came
/// from. Of equal elements the earlier comes first.
///
/// One row at a time is in arrays, made when the routine is bound. Loops over memory segments were
/// as fast once compiled, but some fifty times slower before, which for a large sort is seconds.
final class Ordering implements Routine {
  /// Selecting one in so many is faster than sorting all.
  private static final int SELECT = 8;

  /// Bytes of arrays for an element of a row: its bits twice, and two pairs of key and position.
  private static final long ARRAYS = 8 + 4 + 2 * (8 + 4);

  private final MemorySegment x;
  private final MemorySegment y;
  private final MemorySegment positions;
  private final Keys keys;
  private final int n;
  private final int k;
  private final long rows;
  private final Row elements;
  private final @Nullable RadixSort sort;
  private final @Nullable Selection selection;

  private Ordering(
      Type of, int k, boolean descending, List<MemorySegment> in, List<MemorySegment> out) {
    DType d = of.dtype();
    this.x = in.get(0);
    this.y = out.get(0);
    this.positions = out.get(1);
    this.keys = Keys.of(d, descending);
    this.n = of.dim(of.rank() - 1);
    this.k = k;
    this.rows = n == 0 ? 0 : of.size() / n;
    this.elements = new Row(d, n);
    boolean few = k > 0 && (long) k * SELECT <= n;
    this.sort = few ? null : new RadixSort(d.bytes(), n);
    this.selection = few ? new Selection(k, n) : null;
  }

  /// @param of type of the elements
  /// @param k how many of each row are wanted
  static Plan plan(Type of, int k, boolean descending) {
    long n = of.dim(of.rank() - 1);
    long arrays = ARRAYS * n;
    return new Plan(0, arrays, false, (in, out, s) -> new Ordering(of, k, descending, in, out));
  }

  @Override
  public void run() {
    for (long row = 0; row < rows && k > 0; row++) {
      elements.read(x, row * n, n);
      if (selection != null) {
        keys.write(elements, n, selection.keys());
        selection.select(n);
        write(row, selection.places(), selection.keys());
      } else if (sort != null) {
        keys.write(elements, n, sort.keys());
        sort.sort(n);
        write(row, sort.places(), sort.spare());
      }
    }
  }

  private void write(long row, int[] places, long[] spare) {
    elements.write(y, row * k, places, k, spare);
    MemorySegment.copy(places, 0, positions, ValueLayout.JAVA_INT_UNALIGNED, 4 * row * k, k);
  }
}
