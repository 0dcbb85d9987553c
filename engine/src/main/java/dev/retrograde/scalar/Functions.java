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

  /// `e^x`.
  public static final Defined EXP =
      new Defined(
          "exp", 1, ExpLog::exp, (b, a, y) -> partials(y), 1.0, 1.0, false);

  /// Natural logarithm.
  public static final Defined LOG =
      new Defined(
          "log",
          1,
          ExpLog::log,
          (b, a, y) -> partials(b.div(b.constant(b.dtype(y), 1), a.get(0))),
          1.0,
          1.0,
          false);

  /// `max(x, 0)`; NaN stays NaN. At 0 the derivative is 0. Its derivative reads the result, which the
  /// next layer keeps anyway.
  public static final Defined RELU =
      new Defined(
          "relu",
          1,
          (b, a) -> b.apply(Primitive.MAX, b.constant(b.dtype(a.get(0)), 0), a.get(0)),
          (b, a, y) -> {
            int zero = b.constant(b.dtype(y), 0);
            return partials(b.select(b.less(zero, y), b.constant(b.dtype(y), 1), zero));
          },
          0,
          0,
          false);

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
            b.select(
                b.less(zero, x), one, b.select(b.less(x, zero), b.constant(t, -1), zero)));
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
