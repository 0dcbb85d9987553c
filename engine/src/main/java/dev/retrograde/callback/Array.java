package dev.retrograde.callback;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// A dense row-major array of dual numbers `v + t e` with `e e = 0`, of any rank; `[]` is a scalar.
///
/// Where there is no tangent it is zero everywhere. An array does not change once the program sees
/// it; only the cotangents that [Arithmetic] adds into do.
public final class Array {
  final int[] shape;
  final double[] v;
  double @Nullable [] t;

  Array(int[] shape, double[] v, double @Nullable [] t) {
    this.shape = shape;
    this.v = v;
    this.t = t;
    if (v.length != size(shape) || t != null && t.length != v.length) {
      throw new IllegalArgumentException(
          "shape "
              + Arrays.toString(shape)
              + " holds "
              + size(shape)
              + " elements, found "
              + v.length
              + " values");
    }
  }

  /// An array of these elements, row-major.
  public static Array of(int[] shape, double... values) {
    return new Array(shape.clone(), values.clone(), null);
  }

  /// Element i, counted row-major, is `f(i)`.
  public static Array fill(int[] shape, IntToDoubleFunction f) {
    double[] v = new double[size(shape)];
    Arrays.setAll(v, f);
    return new Array(shape.clone(), v, null);
  }

  public static Array scalar(double value) {
    return new Array(new int[0], new double[] {value}, null);
  }

  public static Array vector(double... values) {
    return of(new int[] {values.length}, values);
  }

  public static Array zeros(int... shape) {
    return fill(shape, i -> 0);
  }

  static int size(int[] shape) {
    int n = 1;
    for (int d : shape) {
      if (d < 0) {
        throw new IllegalArgumentException("negative size in shape " + Arrays.toString(shape));
      }
      n = Math.multiplyExact(n, d);
    }
    return n;
  }

  public int[] shape() {
    return shape.clone();
  }

  public int rank() {
    return shape.length;
  }

  public int dim(int axis) {
    return shape[axis];
  }

  public int size() {
    return v.length;
  }

  /// Element i, counted row-major.
  public double get(int i) {
    return v[i];
  }

  /// The only element.
  ///
  /// @throws IllegalArgumentException if there is not exactly one
  public double item() {
    if (v.length != 1) {
      throw Place.fail(
          "expected a single element, found " + this + "; reduce it with sum or mean first");
    }
    return v[0];
  }

  /// A copy of the elements.
  public double[] values() {
    return v.clone();
  }

  /// A copy of the tangents: the derivative of every element along the run's direction.
  public double[] tangents() {
    double[] own = t;
    return own == null ? new double[v.length] : own.clone();
  }

  @Override
  public String toString() {
    return Arrays.toString(shape)
        + (v.length <= 8 ? Arrays.toString(v) : " of " + v.length + " elements");
  }
}
