package dev.retrograde.scalar;

import dev.retrograde.scalar.ScalarFn.Defined;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The standard scalar functions, and the derivatives of the primitives.
public final class Functions {
  private Functions() {}

  /// `e^x`. Its derivative is its result.
  public static final Defined EXP = smooth("exp", Exponentials::exp, (b, a, y) -> y, 1.0, 1.0);

  /// `e^x - 1`, exact near 0. Its derivative reads the result.
  public static final Defined EXPM1 =
      smooth("expm1", Exponentials::expm1, (b, a, y) -> b.add(y, one(b, y)), 1.0, 1.0);

  /// Natural logarithm: minus infinity at 0 of either sign, NaN below.
  public static final Defined LOG =
      smooth("log", Logarithms::log, (b, a, y) -> b.div(one(b, y), a.get(0)), 1.0, 1.0);

  /// `log(1 + x)`, exact near 0: minus infinity at -1, NaN below.
  public static final Defined LOG1P =
      smooth(
          "log1p",
          Logarithms::log1p,
          (b, a, y) -> b.div(one(b, y), b.add(a.get(0), one(b, y))),
          1.0,
          1.0);

  /// `1 / sqrt(x)`: infinite with the sign of the zero at 0, NaN below. Its derivative `-y^3 / 2`
  /// reads the result.
  public static final Defined RSQRT =
      smooth(
          "rsqrt",
          Powers::rsqrt,
          (b, a, y) -> b.mul(b.mul(b.constant(b.dtype(y), -0.5), y), b.mul(y, y)),
          1.0,
          1.0);

  /// `1 / x`. Its derivative `-y^2` reads the result.
  public static final Defined RECIPROCAL =
      smooth(
          "reciprocal",
          (b, a) -> b.div(one(b, a.get(0)), a.get(0)),
          (b, a, y) -> b.neg(b.mul(y, y)),
          0.5,
          0.5);

  /// `x * x`.
  public static final Defined SQUARE =
      smooth(
          "square",
          (b, a) -> b.mul(a.get(0), a.get(0)),
          (b, a, y) -> b.add(a.get(0), a.get(0)),
          0.5,
          0.5);

  /// `x^y` with the edges of IEEE 754's `pow`: `x^0` and `1^y` are 1 even for NaN, `(-1)^±inf` is
  /// 1, a negative finite base with a fractional exponent gives NaN. The derivative by the exponent
  /// is `x^y log x`, 0 at base 0, NaN at negative bases; by the base `y x^(y-1)`, 0 at exponent 0.
  public static final Defined POW =
      new Defined(
          "pow",
          2,
          Powers::pow,
          (b, a, v) -> {
            int x = a.get(0);
            int y = a.get(1);
            int zero = b.constant(b.dtype(v), 0);
            int lower = b.mul(y, b.apply(Functions.POW, x, b.sub(y, one(b, v))));
            int byExponent = b.mul(v, b.apply(LOG, x));
            return partials(
                b.select(b.apply(Primitive.EQ, y, zero), zero, lower),
                b.select(b.apply(Primitive.EQ, x, zero), zero, byExponent));
          },
          2.0,
          2.0,
          false);

  /// Hyperbolic tangent. Its derivative `1 - y^2` reads the result.
  public static final Defined TANH =
      smooth("tanh", Exponentials::tanh, (b, a, y) -> b.fma(b.neg(y), y, one(b, y)), 2.5, 2.5);

  /// `1 / (1 + e^-x)`. Its derivative `y (1 - y)` reads the result.
  public static final Defined SIGMOID =
      smooth(
          "sigmoid", Exponentials::sigmoid, (b, a, y) -> b.mul(y, b.sub(one(b, y), y)), 2.5, 2.5);

  /// `log(1 + e^x)`. Its derivative `1 - e^-y` reads the result.
  public static final Defined SOFTPLUS =
      smooth(
          "softplus",
          Exponentials::softplus,
          (b, a, y) -> b.neg(b.apply(EXPM1, b.neg(y))),
          2.0,
          2.0);

  /// `x sigmoid(x)`; 0 at minus infinity.
  public static final Defined SILU =
      smooth(
          "silu",
          Exponentials::silu,
          (b, a, y) -> {
            int s = b.apply(SIGMOID, a.get(0));
            int low = b.constant(b.dtype(y), -800);
            int x = b.apply(Primitive.MAX, low, a.get(0));
            int high = b.constant(b.dtype(y), 800);
            x = b.apply(Primitive.MIN, high, x);
            return b.mul(s, b.fma(x, b.sub(one(b, y), s), one(b, y)));
          },
          3.5,
          3.5);

  /// The error function, `2/sqrt(pi)` times the integral of `e^(-t^2)` from 0 to x.
  public static final Defined ERF =
      smooth(
          "erf",
          ErrorFunction::erf,
          (b, a, y) -> {
            int x = a.get(0);
            int bell = b.apply(EXP, b.neg(b.mul(x, x)));
            return b.mul(b.constant(b.dtype(y), 2 / Math.sqrt(Math.PI)), bell);
          },
          2.0,
          2.0);

  /// `x Phi(x)` with the normal distribution's Phi, from [#ERF]; 0 at minus infinity. Its stated
  /// error counts units in the last place of the operand: below zero the result is a difference of
  /// numbers near the operand.
  public static final Defined GELU =
      smooth(
          "gelu", ErrorFunction::gelu, (b, a, y) -> ErrorFunction.geluSlope(b, a.get(0)), 2.0, 2.0);

  /// Sine; NaN where |x| is above 1.6e6 (f32) or 4.4e14 (f64), see [Trigonometry].
  public static final Defined SIN =
      smooth("sin", Trigonometry::sin, (b, a, y) -> b.apply(Functions.COS, a.get(0)), 2.0, 2.0);

  /// Cosine; NaN where |x| is above 1.6e6 (f32) or 4.4e14 (f64), see [Trigonometry].
  public static final Defined COS =
      smooth("cos", Trigonometry::cos, (b, a, y) -> b.neg(b.apply(SIN, a.get(0))), 2.0, 2.0);

  /// `max(x, 0)`; NaN stays NaN. At 0 the derivative is 0. Its derivative reads the result, which
  /// the next layer keeps anyway.
  public static final Defined RELU =
      smooth(
          "relu",
          (b, a) -> b.apply(Primitive.MAX, b.constant(b.dtype(a.get(0)), 0), a.get(0)),
          (b, a, y) -> {
            int zero = b.constant(b.dtype(y), 0);
            return b.select(b.less(zero, y), one(b, y), zero);
          },
          0,
          0);

  /// 1, -1, or the operand itself at zeros and NaN. Flat.
  public static final Defined SIGN =
      new Defined(
          "sign",
          1,
          (b, a) -> {
            int x = a.get(0);
            int zero = b.constant(b.dtype(x), 0);
            int minus = b.constant(b.dtype(x), -1);
            int negative = b.select(b.less(x, zero), minus, x);
            return b.select(b.less(zero, x), one(b, x), negative);
          },
          null,
          0,
          0,
          false);

  /// The greater of two; NaN if either is NaN. Of equals (zeros of either sign too) the first,
  /// which then also takes the whole derivative.
  public static final Defined MAXIMUM = extreme("maximum", Primitive.MAX);

  /// The lesser of two; NaN if either is NaN. Of equals (zeros of either sign too) the first, which
  /// then also takes the whole derivative.
  public static final Defined MINIMUM = extreme("minimum", Primitive.MIN);

  /// `a > b`; false where either is NaN.
  public static final Defined GREATER =
      new Defined("greater", 2, (b, a) -> b.less(a.get(1), a.get(0)), null, 0, 0, true);

  /// `a >= b`; false where either is NaN.
  public static final Defined GREATER_EQUAL =
      new Defined(
          "greaterEqual", 2, (b, a) -> b.apply(Primitive.LE, a.get(1), a.get(0)), null, 0, 0, true);

  /// All of the above, as the parser knows them by name.
  public static final List<Defined> STANDARD =
      List.of(
          EXP,
          EXPM1,
          LOG,
          LOG1P,
          RSQRT,
          RECIPROCAL,
          SQUARE,
          POW,
          TANH,
          SIGMOID,
          SOFTPLUS,
          SILU,
          ERF,
          GELU,
          SIN,
          COS,
          RELU,
          SIGN,
          MAXIMUM,
          MINIMUM,
          GREATER,
          GREATER_EQUAL);

  /// The derivative of a function of one operand.
  @FunctionalInterface
  private interface Slope {
    int at(ScalarCode.Builder b, List<Integer> a, int y);
  }

  private static Defined smooth(
      String text, ScalarFn.Body body, Slope slope, double ulpF32, double ulpF64) {
    return new Defined(
        text, 1, body, (b, a, y) -> partials(slope.at(b, a, y)), ulpF32, ulpF64, false);
  }

  private static Defined extreme(String text, Primitive choice) {
    return new Defined(
        text,
        2,
        // The primitive gives its second operand where neither is beyond the other.
        (b, a) -> {
          int second = a.get(1);
          int chosen = b.apply(choice, second, a.get(0));
          return b.select(b.apply(Primitive.NE, second, second), second, chosen);
        },
        (b, a, y) -> {
          int x = a.get(0);
          int second = a.get(1);
          int one = one(b, y);
          int zero = b.constant(b.dtype(y), 0);
          int beyond = choice == Primitive.MAX ? b.less(x, second) : b.less(second, x);
          return partials(b.select(beyond, zero, one), b.select(beyond, one, zero));
        },
        0,
        0,
        false);
  }

  private static int one(ScalarCode.Builder b, int like) {
    return b.constant(b.dtype(like), 1);
  }

  /// Partials of any function, primitive or defined.
  public static List<@Nullable Integer> partials(
      ScalarCode.Builder b, ScalarFn fn, List<Integer> a, int y) {
    if (fn instanceof Defined d) {
      if (d.derivative() == null) {
        return flat(d.arity());
      }
      return d.derivative().partials(b, a, y);
    }
    DType t = b.dtype(y);
    return switch ((Primitive) fn) {
      case ADD -> partials(b.constant(t, 1), b.constant(t, 1));
      case SUB -> partials(b.constant(t, 1), b.constant(t, -1));
      case MUL -> partials(a.get(1), a.get(0));
      case DIV -> {
        int inverse = b.div(b.constant(t, 1), a.get(1));
        yield partials(inverse, b.neg(b.mul(y, inverse)));
      }
      case FMA -> partials(a.get(1), a.get(0), b.constant(t, 1));
      case NEG -> partials(b.constant(t, -1));
      case ABS -> {
        int x = a.get(0);
        int zero = b.constant(t, 0);
        int one = b.constant(t, 1);
        yield partials(
            b.select(b.less(zero, x), one, b.select(b.less(x, zero), b.constant(t, -1), zero)));
      }
      case SQRT -> partials(b.div(b.constant(t, 0.5), y));
      case MIN -> {
        int first = b.less(a.get(0), a.get(1));
        int one = b.constant(t, 1);
        int zero = b.constant(t, 0);
        yield partials(b.select(first, one, zero), b.select(first, zero, one));
      }
      case MAX -> {
        int first = b.less(a.get(1), a.get(0));
        int one = b.constant(t, 1);
        int zero = b.constant(t, 0);
        yield partials(b.select(first, one, zero), b.select(first, zero, one));
      }
      case SELECT -> {
        int one = b.constant(t, 1);
        int zero = b.constant(t, 0);
        List<@Nullable Integer> out = new ArrayList<>();
        out.add(null);
        out.add(b.select(a.get(0), one, zero));
        out.add(b.select(a.get(0), zero, one));
        yield out;
      }
      case FLOOR, ROUND, LT, LE, EQ, NE, AND, OR, XOR, NOT, SHL, SHR, USHR, POPCOUNT, BITS ->
          flat(fn.arity());
    };
  }

  static List<@Nullable Integer> partials(Integer... p) {
    return Arrays.asList(p);
  }

  private static List<@Nullable Integer> flat(int arity) {
    List<@Nullable Integer> out = new ArrayList<>();
    for (int i = 0; i < arity; i++) {
      out.add(null);
    }
    return out;
  }
}
