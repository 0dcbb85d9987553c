package dev.retrograde.scalar;

import java.util.List;

/// Bodies of sine and cosine: |x| = n pi/2 + r with pi/2 in three parts and fused multiply-adds,
/// then one polynomial for the sine of r and one for its cosine.
///
/// The reduction keeps all bits while n is far below the type's last place. Past [#LIMIT_F32] and
/// [#LIMIT_F64] it would not, and the result is NaN rather than a number that only looks like a
/// sine; tables of the bits of 2/pi are not worth their cost to every other operand.
final class Trigonometry {
  private Trigonometry() {}

  /// 2^20 quarter turns.
  static final double LIMIT_F32 = 0x1p20 * 1.5707963;

  /// 2^48 quarter turns.
  static final double LIMIT_F64 = 0x1p48 * 1.5707963;

  private static final double[] SIN_F32 = {
    -0.16666666627767898, 0.008333327841723744, -0.00019838859011257474, 2.7139734383180234e-06
  };
  private static final double[] COS_F32 = {
    0.04166663912494502, -0.0013886993619682412, 2.439638474553509e-05
  };
  private static final double[] SIN_F64 = {
    -0.16666666666666666,
    0.008333333333333323,
    -0.00019841269841254253,
    2.7557319213760456e-06,
    -2.5052104797888865e-08,
    1.6058351941175042e-10,
    -7.577960540833623e-13
  };
  private static final double[] COS_F64 = {
    0.041666666666666595,
    -0.0013888888888873253,
    2.4801587288914418e-05,
    -2.7557314182014324e-07,
    2.0875699335385483e-09,
    -1.1358370731066113e-11
  };

  static int sin(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "sin");
    return turned(r, a.get(0), false);
  }

  static int cos(ScalarCode.Builder b, List<Integer> a) {
    Real r = Real.of(b, a.get(0), "cos");
    return turned(r, a.get(0), true);
  }

  private static int turned(Real r, int x, boolean quarterAhead) {
    ScalarCode.Builder b = r.b();
    int m = r.abs(x);
    int t = b.fma(m, r.c(0.6366197723675814), r.magic());
    int n = b.sub(t, r.magic());
    int rem = b.fma(n, r.c(-1.5707963705062866, -1.5707963267948966), m);
    rem = b.fma(n, r.c(4.371138828673793e-08, -6.123233995736766e-17), rem);
    rem = b.fma(n, r.c(1.7151245100058819e-15, 1.4973849048591698e-33), rem);
    int z = b.mul(rem, rem);
    int sine = b.fma(b.mul(rem, z), r.horner(z, r.single() ? SIN_F32 : SIN_F64), rem);
    int cosine =
        b.fma(
            b.mul(z, z), r.horner(z, r.single() ? COS_F32 : COS_F64), b.fma(z, r.c(-0.5), r.c(1)));
    int one = r.k(1, 1);
    int quadrant = quarterAhead ? b.add(r.bits(t), one) : r.bits(t);
    int even = r.equal(r.and(quadrant, one), r.k(0, 0));
    int y = b.select(even, sine, cosine);
    int sign = r.and(r.shl(quadrant, r.k(30, 62)), r.signMask());
    if (!quarterAhead) {
      sign = r.xor(sign, r.sign(x));
    }
    int inside = b.less(m, r.c(LIMIT_F32, LIMIT_F64));
    return b.select(inside, r.bits(r.xor(r.bits(y), sign)), r.c(Double.NaN));
  }
}
