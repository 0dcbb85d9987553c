package dev.retrograde.pass.routine;

import dev.retrograde.ir.LinalgOp.TriangularSolve;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import java.lang.foreign.MemorySegment;

/// Forward or backward substitution in f64. An element's terms are subtracted in the order of the
/// rows before it; four right sides are solved side by side.
final class Solving implements Routine {
  private final TriangularSolve op;
  private final MemorySegment a;
  private final MemorySegment b;
  private final MemorySegment y;
  private final MemorySegment x;
  private final DType dtype;
  private final int n;
  private final int m;
  private final long batch;

  private Solving(
      TriangularSolve op,
      Type right,
      MemorySegment a,
      MemorySegment b,
      MemorySegment y,
      MemorySegment scratch) {
    this.op = op;
    this.a = a;
    this.b = b;
    this.y = y;
    this.x = scratch;
    this.dtype = right.dtype();
    this.n = right.dim(right.rank() - 2);
    this.m = right.dim(right.rank() - 1);
    this.batch = n == 0 || m == 0 ? 0 : right.size() / ((long) n * m);
  }

  /// @param right type of the right sides
  static Plan plan(TriangularSolve op, Type right) {
    long size = (long) right.dim(right.rank() - 2) * right.dim(right.rank() - 1);
    return new Plan(
        8 * size,
        0,
        false,
        (in, out, s) -> new Solving(op, right, in.get(0), in.get(1), out.get(0), s));
  }

  @Override
  public void run() {
    boolean down = op.lower() != op.transposed();
    for (long k = 0; k < batch; k++) {
      for (int step = 0; step < n; step++) {
        row(k, step, down);
      }
    }
  }

  private void row(long k, int step, boolean down) {
    int i = down ? step : n - 1 - step;
    long matrix = k * n * n;
    long right = k * n * m + (long) i * m;
    double pivot = Cells.real(a, dtype, matrix + (long) i * n + i);
    long first = op.transposed() ? matrix + i : matrix + (long) i * n;
    long apart = op.transposed() ? n : 1;
    int col = 0;
    for (; col + 3 < m; col += 4) {
      four(first, apart, step, down, right + col, (long) i * m + col, pivot);
    }
    for (; col < m; col++) {
      one(first, apart, step, down, right + col, (long) i * m + col, pivot);
    }
  }

  /// @param first where the factors of the row begin, `apart` elements from each other
  /// @param right place of the right side, and of the result
  /// @param own place among the solutions of this matrix
  private void one(
      long first, long apart, int step, boolean down, long right, long own, double pivot) {
    double s = Cells.real(b, dtype, right);
    long col = own % m;
    for (int before = 0; before < step; before++) {
      long j = down ? before : n - 1L - before;
      s -= Cells.real(a, dtype, first + j * apart) * Cells.real(x, j * m + col);
    }
    put(right, own, s / pivot);
  }

  private void four(
      long first, long apart, int step, boolean down, long right, long own, double pivot) {
    MemorySegment solved = x;
    double s0 = Cells.real(b, dtype, right);
    double s1 = Cells.real(b, dtype, right + 1);
    double s2 = Cells.real(b, dtype, right + 2);
    double s3 = Cells.real(b, dtype, right + 3);
    long col = own % m;
    for (int before = 0; before < step; before++) {
      long j = down ? before : n - 1L - before;
      double factor = Cells.real(a, dtype, first + j * apart);
      long at = j * m + col;
      s0 -= factor * Cells.real(solved, at);
      s1 -= factor * Cells.real(solved, at + 1);
      s2 -= factor * Cells.real(solved, at + 2);
      s3 -= factor * Cells.real(solved, at + 3);
    }
    put(right, own, s0 / pivot);
    put(right + 1, own + 1, s1 / pivot);
    put(right + 2, own + 2, s2 / pivot);
    put(right + 3, own + 3, s3 / pivot);
  }

  private void put(long right, long own, double v) {
    Cells.real(x, own, v);
    Cells.real(y, dtype, right, v);
  }
}
