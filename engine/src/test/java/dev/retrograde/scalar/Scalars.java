package dev.retrograde.scalar;

import java.util.Collections;

/// One function at one type, evaluated on numbers.
final class Scalars {
  private final DType t;
  private final DType out;
  private final ScalarEval eval;

  Scalars(ScalarFn fn, DType t) {
    this(ScalarCode.of(fn, Collections.nCopies(fn.arity(), t)), t);
  }

  Scalars(ScalarCode code, DType t) {
    this.t = t;
    out = code.resultType(0);
    eval = new ScalarEval(code);
  }

  double at(double x) {
    eval.run(ScalarCode.bitsOf(t, x));
    return ScalarCode.toDouble(out, eval.result(0));
  }

  double at(double x, double y) {
    eval.run(ScalarCode.bitsOf(t, x), ScalarCode.bitsOf(t, y));
    return ScalarCode.toDouble(out, eval.result(0));
  }

  /// The distance of an f32 result from the exact value, in units in the last place of the latter;
  /// infinite where one is NaN or an overflow and the other is not.
  static double ulpsF32(double found, double exact) {
    if (Double.isNaN(exact) || Double.isNaN(found)) {
      return Double.isNaN(exact) && Double.isNaN(found) ? 0 : Double.POSITIVE_INFINITY;
    }
    // Where the exact value lies between the largest number and infinity, count as if f32 went on.
    double limit = 0x1p128;
    double f = Math.clamp(found, -limit, limit);
    double e = Math.clamp(exact, -limit, limit);
    if (f == e) {
      return 0;
    }
    double ulp = Math.max(0x1p-149, Math.scalb(1.0, Math.getExponent(e) - 23));
    return Math.abs(f - e) / Math.min(ulp, 0x1p104);
  }
}
