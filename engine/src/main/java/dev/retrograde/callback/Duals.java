package dev.retrograde.callback;

import org.jspecify.annotations.Nullable;

/// Elementwise arithmetic on raw arrays in which null stands for zeros: what tangents need.
final class Duals {
  private Duals() {}

  static double @Nullable [] plus(double @Nullable [] a, double @Nullable [] b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    double[] y = new double[a.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = a[i] + b[i];
    }
    return y;
  }

  static double @Nullable [] minus(double @Nullable [] a, double @Nullable [] b) {
    return b == null ? a : plus(a, scaled(-1, b));
  }

  static double @Nullable [] times(double @Nullable [] a, double @Nullable [] b) {
    if (a == null || b == null) {
      return null;
    }
    double[] y = new double[a.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = a[i] * b[i];
    }
    return y;
  }

  static double @Nullable [] over(double @Nullable [] a, double[] b) {
    if (a == null) {
      return null;
    }
    double[] y = new double[a.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = a[i] / b[i];
    }
    return y;
  }

  static double @Nullable [] scaled(double c, double @Nullable [] a) {
    if (a == null) {
      return null;
    }
    double[] y = new double[a.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = c * a[i];
    }
    return y;
  }

  /// Elements `a[index[i]]`, 0 where the index is negative.
  static double @Nullable [] gather(double @Nullable [] a, int[] index) {
    if (a == null) {
      return null;
    }
    double[] y = new double[index.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = index[i] < 0 ? 0 : a[index[i]];
    }
    return y;
  }

  /// The transpose of [#gather]: adds `g[i]` to `into[index[i]]`.
  static void scatter(double[] into, int[] index, double[] g) {
    for (int i = 0; i < index.length; i++) {
      if (index[i] >= 0) {
        into[index[i]] += g[i];
      }
    }
  }

  static void add(double[] into, double[] g) {
    for (int i = 0; i < into.length; i++) {
      into[i] += g[i];
    }
  }
}
