package dev.retrograde.scalar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.scalar.ScalarFn.Defined;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every f32 function stays within its stated error over all exponents, and densely where it bends.
class AccuracyF32Test {
  private static final int OVER_ALL_BITS = 580_000;
  private static final int DENSE = 340_000;

  static List<Defined> unary() {
    return Functions.STANDARD.stream().filter(f -> f.arity() == 1).toList();
  }

  @ParameterizedTest
  @MethodSource("unary")
  void staysWithinTheStatedUlps(Defined fn) {
    Worst w = new Worst(fn);
    // An odd stride visits every exponent and both signs, ever other fractions.
    long bits = 0;
    for (int k = 0; k < OVER_ALL_BITS; k++, bits += 7411) {
      w.check(Float.intBitsToFloat((int) bits));
    }
    for (int k = 0; k < DENSE; k++) {
      w.check((float) ((k - DENSE / 2) * (8.0 / DENSE)));
    }
    for (int k = 0; k < DENSE / 4; k++) {
      w.check((float) ((k - DENSE / 8) * (880.0 / DENSE)));
    }
    w.assertWithin();
  }

  private static final class Worst {
    private final Defined fn;
    private final DoubleUnaryOperator exact;
    private final Scalars at;
    private double ulps;
    private float where;

    Worst(Defined fn) {
      this.fn = fn;
      exact = Reference.UNARY.get(fn.text());
      at = new Scalars(fn, DType.F32);
    }

    void check(float x) {
      boolean turned = fn.equals(Functions.SIN) || fn.equals(Functions.COS);
      if (turned && Math.abs(x) >= Trigonometry.LIMIT_F32) {
        return;
      }
      double e = exact.applyAsDouble(x);
      double found = at.at(x);
      double u = Scalars.ulpsF32(found, e);
      if (fn.equals(Functions.GELU)) {
        u = Math.min(u, Math.abs(found - e) / Math.ulp(x));
      }
      if (u > ulps) {
        ulps = u;
        where = x;
      }
    }

    void assertWithin() {
      assertThat(ulps)
          .as("%s in f32: worst at %s (%a)", fn, where, where)
          .isLessThanOrEqualTo(fn.ulpF32());
    }
  }

  @Test
  void powStaysWithinTheStatedUlps() {
    Scalars pow = new Scalars(Functions.POW, DType.F32);
    SplittableRandom random = new SplittableRandom(20);
    double worst = 0;
    String where = "";
    for (int k = 0; k < 1_000_000; k++) {
      // A result anywhere in the range of f32, from bases over all exponents and near one.
      float x =
          k % 2 == 0
              ? Float.intBitsToFloat(random.nextInt(1, 0x7f800000))
              : (float) Math.exp(random.nextDouble(-1, 1) * random.nextDouble());
      float y = (float) (random.nextDouble(-104, 89) / StrictMath.log(x));
      double u = Scalars.ulpsF32(pow.at(x, y), StrictMath.pow(x, y));
      if (u > worst) {
        worst = u;
        where = x + " to the " + y;
      }
    }
    assertThat(worst)
        .as("pow in f32: worst at %s", where)
        .isLessThanOrEqualTo(Functions.POW.ulpF32());
  }
}
