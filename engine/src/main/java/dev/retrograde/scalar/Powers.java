package dev.retrograde.scalar;

import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.List;

/// Bodies of powers. x^y = e^(y log x), where the logarithm and the product carry about twice the
/// type's precision as an unevaluated sum of two numbers (Dekker, *A floating-point technique for
/// extending the available precision*, 1971, with fused multiply-adds for the exact products).
final class Powers {
  private Powers() {}

  private static final double[] TAIL_F32 = {
    0.3999999360742196, 0.2857257420488912, 0.2215196439124638, 0.1995903057073261
  };
  private static final double[] TAIL_F64 = {
    0.39999999999999725, 0.28571428571577284, 0.22222222191255261, 0.1818182152530224,
    0.1538440668429311, 0.13341143653256424, 0.11592367720335837, 0.12571394484715975
  };

  private record Pair(int high, int low) {}

  static int pow(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "pow");
    int x = a.get(0);
    int y = a.get(1);
    int m = r.abs(x);
    int zero = r.c(0);
    int one = r.c(1);
    int inf = r.c(Double.POSITIVE_INFINITY);
    // Past these bounds every result but 1 has over- or underflowed.
    int bounded = r.atLeast(r.atMost(y, r.c(0x1p40, 0x1p70)), r.c(-0x1p40, -0x1p70));
    Pair log = log(r, m);
    int high = b.mul(bounded, log.high());
    int low = b.fma(bounded, log.high(), b.neg(high));
    low = b.fma(bounded, log.low(), low);
    int inside = b.less(r.abs(high), r.c(128, 1024));
    int clamped = r.atLeast(r.atMost(high, r.c(90, 711)), r.c(-105, -747));
    int v = Exponentials.product(r, Exponentials.factors(r, clamped, b.select(inside, low, zero)));
    // Base zero or infinite.
    int grows = r.xor(b.less(m, one), b.less(zero, y));
    int extreme = r.or(r.equal(m, zero), r.equal(m, inf));
    v = b.select(extreme, b.select(grows, inf, zero), v);
    // Base negative.
    int whole = r.equal(b.apply(Primitive.FLOOR, y), y);
    int half = b.mul(y, r.c(0.5));
    int odd = r.and(whole, b.apply(Primitive.NE, b.apply(Primitive.FLOOR, half), half));
    v = b.select(odd, r.withSignOf(x, v), v);
    int negative = r.and(b.less(x, zero), b.less(m, inf));
    int undefined = r.and(negative, b.apply(Primitive.NOT, whole));
    undefined = r.or(undefined, r.or(r.nan(x), r.nan(y)));
    v = b.select(undefined, r.c(Double.NaN), v);
    return b.select(r.or(r.equal(y, zero), r.equal(x, one)), one, v);
  }

  /// The root of the quotient, since a root halves the error of what is under it and a quotient
  /// does not; scaled, so that the quotient stays a normal number.
  static int rsqrt(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "rsqrt");
    int x = a.get(0);
    int one = r.c(1);
    int below = b.less(r.abs(x), one);
    int scaled = b.mul(x, b.select(below, r.c(0x1p24, 0x1p54), r.c(0x1p-24, 0x1p-54)));
    int back = b.select(below, r.c(0x1p12, 0x1p27), r.c(0x1p-12, 0x1p-27));
    int quotient = b.div(one, scaled);
    int y = b.mul(b.apply(Primitive.SQRT, quotient), back);
    int zero = r.c(0);
    int edge = b.select(b.less(x, zero), r.c(Double.NaN), quotient);
    return b.select(b.apply(Primitive.LE, x, zero), edge, y);
  }

  /// log x = e ln 2 + 2 atanh(s), s = f / (2 + f), as a pair: 2 s + s z (2/3 + z T(z)), z = s^2.
  private static Pair log(Real r, int x) {
    ScalarCode.Builder b = r.b();
    Logarithms.Split split = Logarithms.splitAny(r, x);
    int two = r.c(2);
    int f = b.sub(split.m(), r.c(1));
    int d = b.add(f, two);
    int dLow = b.sub(f, b.sub(d, two));
    int s = b.div(f, d);
    int minus = b.neg(s);
    int sLow = b.div(b.fma(minus, dLow, b.fma(minus, d, f)), d);
    int z = b.mul(s, s);
    int zLow = b.fma(s, s, b.neg(z));
    zLow = b.fma(b.add(s, s), sLow, zLow);
    int tail = r.horner(z, r.single() ? TAIL_F32 : TAIL_F64);
    int third = r.c(0.6666666865348816, 0.6666666666666666);
    int t = b.fma(z, tail, third);
    int tLow =
        b.add(b.fma(z, tail, b.sub(third, t)), r.c(-1.9868215517249155e-08, 3.700743415417188e-17));
    Pair zt = times(b, new Pair(z, zLow), new Pair(t, tLow));
    Pair w = times(b, new Pair(s, sLow), zt);
    int twice = b.add(s, s);
    int h = b.add(twice, w.high());
    int l = b.add(b.add(b.sub(twice, h), w.high()), b.fma(two, sLow, w.low()));
    int e = split.e();
    int whole = b.mul(e, r.c(Exponentials.LN2_HIGH_F32, Exponentials.LN2_HIGH_F64));
    int high = b.add(whole, h);
    int low = b.add(b.sub(whole, high), h);
    int rest = b.fma(e, r.c(Exponentials.LN2_LOW_F32, Exponentials.LN2_LOW_F64), l);
    return new Pair(high, b.add(low, rest));
  }

  private static Pair times(ScalarCode.Builder b, Pair x, Pair y) {
    int high = b.mul(x.high(), y.high());
    int low = b.fma(x.high(), y.high(), b.neg(high));
    low = b.fma(x.high(), y.low(), low);
    return new Pair(high, b.fma(x.low(), y.high(), low));
  }
}
