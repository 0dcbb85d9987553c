package dev.retrograde.callback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.callback.Callbacks.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Gradients and Hessian-vector products against central differences in f64.
final class Differences {
  /// Step and relative error of the specification.
  private static final double H = 1e-5;

  private static final double TOLERANCE = 1e-6;

  private Differences() {}

  /// Compares every element of every gradient with a difference of losses.
  static Gradients checkGradients(String what, Program f, Array... parameters) {
    List<Array> p = List.of(parameters);
    Gradients g = Callbacks.standard().gradients(f, p);
    for (int i = 0; i < p.size(); i++) {
      for (int e = 0; e < p.get(i).size(); e++) {
        double expected = (loss(f, moved(p, i, e, H)) - loss(f, moved(p, i, e, -H))) / (2 * H);
        near(what + ": parameter " + i + ", element " + e, g.gradient(i).get(e), expected);
      }
    }
    return g;
  }

  /// Compares the product of the Hessian and a random direction with a difference of gradients, and
  /// the gradients of both kinds of run with each other.
  static void checkHessian(String what, Program f, long seed, Array... parameters) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Array> p = List.of(parameters);
    List<Array> d = new ArrayList<>();
    for (Array a : p) {
      d.add(Array.fill(a.shape(), i -> random.nextDouble(-1, 1)));
    }
    Gradients g = Callbacks.standard().hessianVector(f, p, d);
    List<Array> plus = Callbacks.standard().gradients(f, along(p, d, H)).gradients();
    List<Array> minus = Callbacks.standard().gradients(f, along(p, d, -H)).gradients();
    List<Array> plain = Callbacks.standard().gradients(f, p).gradients();
    for (int i = 0; i < p.size(); i++) {
      assertThat(g.gradient(i).values()).as(what).containsExactly(plain.get(i).values());
      for (int e = 0; e < p.get(i).size(); e++) {
        double expected = (plus.get(i).get(e) - minus.get(i).get(e)) / (2 * H);
        near(
            what + " (seed " + seed + "): second order, parameter " + i + ", element " + e,
            g.hessianVector().get(i).get(e),
            expected);
      }
    }
  }

  /// Within a relative error of 1e-6, absolute below 1.
  static void near(String what, double found, double expected) {
    assertThat(Math.abs(found - expected))
        .as("%s: found %s, expected %s", what, found, expected)
        .isLessThanOrEqualTo(TOLERANCE * Math.max(1, Math.abs(expected)));
  }

  private static double loss(Program f, List<Array> p) {
    return Callbacks.standard().gradients(f, p).loss();
  }

  private static List<Array> moved(List<Array> p, int i, int e, double by) {
    List<Array> all = new ArrayList<>(p);
    double[] v = p.get(i).values();
    v[e] += by;
    all.set(i, Array.of(p.get(i).shape(), v));
    return all;
  }

  private static List<Array> along(List<Array> p, List<Array> d, double by) {
    List<Array> all = new ArrayList<>();
    for (int i = 0; i < p.size(); i++) {
      int k = i;
      all.add(Array.fill(p.get(i).shape(), e -> p.get(k).get(e) + by * d.get(k).get(e)));
    }
    return all;
  }

  /// Numbers away from zero, where some functions have kinks: between 0.3 and 1.5, of both signs.
  static Array random(long seed, int... shape) {
    SplittableRandom random = new SplittableRandom(seed);
    return Array.fill(shape, i -> random.nextDouble(0.3, 1.5) * (random.nextBoolean() ? 1 : -1));
  }

  /// Numbers between 0.3 and 1.5.
  static Array positive(long seed, int... shape) {
    SplittableRandom random = new SplittableRandom(seed);
    return Array.fill(shape, i -> random.nextDouble(0.3, 1.5));
  }
}
