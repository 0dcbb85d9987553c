package dev.retrograde.callback;

import java.util.function.DoubleUnaryOperator;

/// A function of one number, with its derivative.
///
/// The derivative is written in [Arithmetic], so it differentiates again: a Hessian-vector product
/// needs no second derivative of its own.
///
/// @param value f
/// @param slope f' from the operand x and the result y = f(x)
public record Unary(DoubleUnaryOperator value, Slope slope) {

  /// The derivative of an elementwise function.
  @FunctionalInterface
  public interface Slope {
    Array at(Arithmetic m, Array x, Array y);
  }

  public static final Unary EXP = new Unary(Math::exp, (m, x, y) -> y);
  public static final Unary LOG = new Unary(Math::log, (m, x, y) -> m.over(Array.scalar(1), x));
  public static final Unary SQRT = new Unary(Math::sqrt, (m, x, y) -> m.over(Array.scalar(0.5), y));
  public static final Unary SQUARE = new Unary(x -> x * x, (m, x, y) -> m.scale(2, x));
  public static final Unary TANH =
      new Unary(Math::tanh, (m, x, y) -> m.shift(m.scale(-1, m.times(y, y)), 1));
  public static final Unary SIGMOID =
      new Unary(x -> 1 / (1 + Math.exp(-x)), (m, x, y) -> m.times(y, m.shift(m.scale(-1, y), 1)));
  public static final Unary SIN = new Unary(Math::sin, (m, x, y) -> m.map(cos(), x));
  public static final Unary COS = cos();

  /// max(x, 0), with slope 0 at 0.
  public static final Unary RELU =
      new Unary(x -> x > 0 ? x : x <= 0 ? 0 : x, (m, x, y) -> m.map(step(v -> v > 0), x));

  /// |x|, with slope 0 at 0.
  public static final Unary ABS =
      new Unary(
          Math::abs, (m, x, y) -> m.minus(m.map(step(v -> v > 0), x), m.map(step(v -> v < 0), x)));

  /// min(max(x, low), high), with slope 1 strictly between them.
  public static Unary hardTanh(double low, double high) {
    return new Unary(
        x -> Math.min(Math.max(x, low), high),
        (m, x, y) -> m.map(step(v -> v > low && v < high), x));
  }

  private static Unary cos() {
    return new Unary(Math::cos, (m, x, y) -> m.scale(-1, m.map(SIN, x)));
  }

  /// 1 where the condition holds, else 0; flat everywhere.
  private static Unary step(java.util.function.DoublePredicate holds) {
    return new Unary(x -> holds.test(x) ? 1 : 0, (m, x, y) -> m.scale(0, x));
  }
}
