package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn.Primitive;

/// Scalar code for numbers that are multiples of 2^-grid, few enough of them that sums are exact.
final class OnGrid {
  private OnGrid() {}

  static void floating(DType d) {
    if (!d.isFloat()) {
      throw new IllegalArgumentException("expected a floating type, found " + d.text());
    }
  }

  /// The nearest multiple, ties to even. Numbers too large to be rounded are multiples already.
  static int round(ScalarCode.Builder b, int at, int grid) {
    DType d = b.dtype(at);
    int whole = b.apply(Primitive.ROUND, b.mul(at, b.constant(d, Math.scalb(1.0, grid))));
    return b.mul(whole, b.constant(d, Math.scalb(1.0, -grid)));
  }

  /// NaN where the number is not below the range in which all multiples are representable.
  static int guard(ScalarCode.Builder b, int at, int grid) {
    DType d = b.dtype(at);
    int limit = b.constant(d, Math.scalb(1.0, bits(d, grid) - grid));
    int inside = b.less(b.apply(Primitive.ABS, at), limit);
    return b.select(inside, at, b.constant(d, Double.NaN));
  }

  /// Significant bits of the type, which must be more than the grid asks for.
  private static int bits(DType d, int grid) {
    int bits =
        switch (d) {
          case F32 -> 24;
          case F64 -> 53;
          case BF16, I8, I16, I32, I64, U8, BOOL, FRAME ->
              throw new IllegalArgumentException(
                  "a grid needs f32 or f64, found "
                      + d.text()
                      + (d == DType.BF16 ? "; cast to f32, 8 bits are too few" : ""));
        };
    if (grid >= bits) {
      throw new IllegalArgumentException(
          "a grid of 2^-"
              + grid
              + " leaves no room below 1 in "
              + d.text()
              + ", which has "
              + bits
              + " bits; choose 16, or at most "
              + (bits - 1));
    }
    return bits;
  }
}
