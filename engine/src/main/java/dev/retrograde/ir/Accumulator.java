package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import org.jspecify.annotations.Nullable;

/// In which type a product adds its terms.
///
/// Without an accumulator the result has the type of the operands: floats add in it, bf16 in f32
/// with one rounding at the end, integers wrap. With one, operands are converted to it, terms are
/// multiplied and added in it, and the result has it: i8 times i8 gives i32, bf16 gives f32.
final class Accumulator {
  private Accumulator() {}

  /// The element type of a product's result.
  static DType result(DType operands, @Nullable DType accumulator) {
    if (accumulator == null) {
      return operands;
    }
    boolean holds =
        switch (accumulator) {
          case F32, F64 -> operands.isFloat();
          case I32, I64 -> operands.isInteger();
          case BF16, I8, I16, U8, BOOL, FRAME -> false;
        };
    if (!holds || accumulator.bytes() < operands.bytes()) {
      throw new IllegalArgumentException(
          "sums of "
              + operands.text()
              + " in "
              + accumulator.text()
              + ": floats add in f32 or f64, integers in i32 or i64, in no type narrower than their"
              + " own; leave the accumulator out or take a wider one");
    }
    return accumulator;
  }

  /// A value in the accumulator's type, or as it is where there is none.
  static Value widened(Emit e, Value v, @Nullable DType accumulator) {
    return accumulator == null ? v : e.cast(v, accumulator);
  }
}
