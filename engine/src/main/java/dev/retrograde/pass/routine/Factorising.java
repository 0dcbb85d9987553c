package dev.retrograde.pass.routine;

import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import java.lang.foreign.MemorySegment;

/// Cholesky's factor, column by column, in f64.
///
/// An element's terms are subtracted in the order of the factor before it, as in the reference that
/// goes row by row; a column's elements are independent of each other, so that four of them are
/// computed side by side.
final class Factorising implements Routine {
  private final MemorySegment a;
  private final MemorySegment y;
  private final MemorySegment factor;
  private final DType dtype;
  private final int n;
  private final long batch;

  private Factorising(Type of, MemorySegment a, MemorySegment y, MemorySegment scratch) {
    this.a = a;
    this.y = y;
    this.factor = scratch;
    this.dtype = of.dtype();
    this.n = of.dim(of.rank() - 1);
    this.batch = n == 0 ? 0 : of.size() / ((long) n * n);
  }

  static Plan plan(Type of) {
    long n = of.dim(of.rank() - 1);
    return new Plan(
        8 * n * n, 0, false, (in, out, s) -> new Factorising(of, in.get(0), out.get(0), s));
  }

  @Override
  public void run() {
    y.fill((byte) 0);
    for (long b = 0; b < batch; b++) {
      matrix(b * n * n);
    }
  }

  private void matrix(long base) {
    for (int j = 0; j < n; j++) {
      long own = (long) j * n;
      double pivot = mean(base, j, j);
      for (int k = 0; k < j; k++) {
        double l = Cells.real(factor, own + k);
        pivot -= l * l;
      }
      double root = pivot > 0 ? Math.sqrt(pivot) : Double.NaN;
      put(base, own + j, root);
      int i = j + 1;
      for (; i + 3 < n; i += 4) {
        four(base, i, j, root);
      }
      for (; i < n; i++) {
        one(base, i, j, root);
      }
    }
  }

  private double mean(long base, long i, long j) {
    return 0.5 * (Cells.real(a, dtype, base + i * n + j) + Cells.real(a, dtype, base + j * n + i));
  }

  private void put(long base, long at, double v) {
    Cells.real(factor, at, v);
    Cells.real(y, dtype, base + at, v);
  }

  private void one(long base, long i, long j, double root) {
    double s = mean(base, i, j);
    for (int k = 0; k < j; k++) {
      s -= Cells.real(factor, i * n + k) * Cells.real(factor, j * n + k);
    }
    put(base, i * n + j, s / root);
  }

  /// Rows i to i + 3 of column j.
  private void four(long base, long i, long j, double root) {
    MemorySegment f = factor;
    long r0 = i * n;
    long r1 = r0 + n;
    long r2 = r1 + n;
    long r3 = r2 + n;
    long own = j * n;
    double s0 = mean(base, i, j);
    double s1 = mean(base, i + 1, j);
    double s2 = mean(base, i + 2, j);
    double s3 = mean(base, i + 3, j);
    for (int k = 0; k < j; k++) {
      double l = Cells.real(f, own + k);
      s0 -= Cells.real(f, r0 + k) * l;
      s1 -= Cells.real(f, r1 + k) * l;
      s2 -= Cells.real(f, r2 + k) * l;
      s3 -= Cells.real(f, r3 + k) * l;
    }
    put(base, r0 + j, s0 / root);
    put(base, r1 + j, s1 / root);
    put(base, r2 + j, s2 / root);
    put(base, r3 + j, s3 / root);
  }
}
