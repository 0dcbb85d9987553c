package dev.retrograde.scalar;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A function of scalars: either a [Primitive] that every target has, or a [Defined] one with a
/// body over primitives.
public sealed interface ScalarFn {
  /// The name in the text form.
  String text();

  /// Number of operands.
  int arity();

  /// The result's type for operands of these types.
  DType result(List<DType> operands);

  /// What every target has as an instruction, or a short sequence of them.
  enum Primitive implements ScalarFn {
    ADD(2),
    SUB(2),
    MUL(2),
    DIV(2),
    /// a * b + c with one rounding.
    FMA(3),
    NEG(1),
    ABS(1),
    SQRT(1),
    /// `a < b ? a : b`: the second operand where either is NaN.
    MIN(2),
    /// `a > b ? a : b`: the second operand where either is NaN.
    MAX(2),
    FLOOR(1),
    /// To the nearest integer, ties to even.
    ROUND(1),
    LT(2),
    LE(2),
    EQ(2),
    /// True where unequal or unordered.
    NE(2),
    SELECT(3),
    AND(2),
    OR(2),
    XOR(2),
    NOT(1),
    SHL(2),
    /// Arithmetic shift right.
    SHR(2),
    /// Logical shift right.
    USHR(2),
    POPCOUNT(1),
    /// Reinterprets f32 as i32, i32 as f32, f64 as i64, i64 as f64.
    BITS(1);

    private final int arity;

    Primitive(int arity) {
      this.arity = arity;
    }

    @Override
    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    @Override
    public int arity() {
      return arity;
    }

    @Override
    public DType result(List<DType> in) {
      return switch (this) {
        case LT, LE, EQ, NE -> {
          same(in, 0, 1);
          yield DType.BOOL;
        }
        case SELECT -> {
          if (in.get(0) != DType.BOOL) {
            throw new IllegalArgumentException("select wants a bool condition, found " + in.get(0));
          }
          same(in, 1, 2);
          yield in.get(1);
        }
        case BITS ->
            switch (in.get(0)) {
              case F32 -> DType.I32;
              case I32 -> DType.F32;
              case F64 -> DType.I64;
              case I64 -> DType.F64;
              case BF16, I8, I16, U8, BOOL, FRAME ->
                  throw new IllegalArgumentException("no bit form of " + in.get(0).text());
            };
        case FMA -> {
          same(in, 0, 1);
          same(in, 0, 2);
          yield in.get(0);
        }
        case ADD, SUB, MUL, DIV, MIN, MAX, AND, OR, XOR, SHL, SHR, USHR -> {
          same(in, 0, 1);
          yield in.get(0);
        }
        case NEG, ABS, SQRT, FLOOR, ROUND, NOT, POPCOUNT -> in.get(0);
      };
    }

    private void same(List<DType> in, int i, int j) {
      if (in.get(i) != in.get(j)) {
        throw new IllegalArgumentException(
            text()
                + ": operands differ: "
                + in.get(i).text()
                + " and "
                + in.get(j).text()
                + "; cast one of them");
      }
    }
  }

  /// The body of a defined function: appends its code for operands of type `in.dtype(args[0])` and
  /// returns the index of the result.
  @FunctionalInterface
  interface Body {
    int expand(ScalarCode.Builder in, List<Integer> args);
  }

  /// Partial derivatives: for each operand the index of the partial, or null where the function is
  /// flat in it. May read the operands and the function's own result.
  @FunctionalInterface
  interface Derivative {
    List<@Nullable Integer> partials(ScalarCode.Builder in, List<Integer> args, int result);
  }

  /// A named function with body, derivative and stated accuracy.
  ///
  /// @param ulpF32 largest error in units in the last place, for f32
  /// @param ulpF64 the same for f64
  /// @param comparison true if the result is bool
  record Defined(
      String text,
      int arity,
      Body body,
      @Nullable Derivative derivative,
      double ulpF32,
      double ulpF64,
      boolean comparison)
      implements ScalarFn {
    public Defined {
      Objects.requireNonNull(text);
      if (arity < 1 || arity > 3) {
        throw new IllegalArgumentException("a scalar function takes 1 to 3 operands, not " + arity);
      }
    }

    @Override
    public DType result(List<DType> in) {
      return comparison ? DType.BOOL : in.get(in.size() - 1);
    }

    /// Functions are the same when they have the same name.
    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Defined d && d.text.equals(text);
    }

    @Override
    public int hashCode() {
      return text.hashCode();
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
