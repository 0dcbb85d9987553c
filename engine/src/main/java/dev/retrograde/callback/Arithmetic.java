package dev.retrograde.callback;

import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/// Arithmetic on arrays of dual numbers: what the rules of [Ops] are written in.
///
/// Every operation computes values, and tangents by the rule of the operation where an operand has
/// any. Since backward is written in the same operations, running a program on dual numbers gives
/// with each cotangent its derivative along the direction: the Hessian-vector product.
///
/// With `single`, every stored element is rounded to f32. Belongs to one run, and counts its
/// arrays.
public final class Arithmetic {
  private final boolean single;
  private long arrays;

  Arithmetic(boolean single) {
    this.single = single;
  }

  /// Arrays made so far.
  long arrays() {
    return arrays;
  }

  private Array make(int[] shape, double[] v, double @Nullable [] t) {
    arrays++;
    round(v);
    round(t);
    return new Array(shape, v, t);
  }

  private void round(double @Nullable [] x) {
    if (single && x != null) {
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) x[i];
      }
    }
  }

  Array copy(Array a) {
    double[] t = a.t;
    return make(a.shape, a.v.clone(), t == null ? null : t.clone());
  }

  Array zeros(int[] shape) {
    return make(shape, new double[Array.size(shape)], null);
  }

  private static double[] v(double @Nullable [] computed) {
    if (computed == null) {
      throw new AssertionError("values are never absent");
    }
    return computed;
  }

  /// a + b, broadcast.
  public Array plus(Array a, Array b) {
    int[] s = common(a, b);
    Array p = expand(a, s);
    Array q = expand(b, s);
    return make(s, v(Duals.plus(p.v, q.v)), own(Duals.plus(p.t, q.t), p.t, q.t));
  }

  /// a - b, broadcast.
  public Array minus(Array a, Array b) {
    int[] s = common(a, b);
    Array p = expand(a, s);
    Array q = expand(b, s);
    return make(s, v(Duals.minus(p.v, q.v)), own(Duals.minus(p.t, q.t), p.t, q.t));
  }

  /// a b elementwise, broadcast.
  public Array times(Array a, Array b) {
    int[] s = common(a, b);
    Array p = expand(a, s);
    Array q = expand(b, s);
    return make(
        s, v(Duals.times(p.v, q.v)), Duals.plus(Duals.times(p.t, q.v), Duals.times(p.v, q.t)));
  }

  /// a / b elementwise, broadcast.
  public Array over(Array a, Array b) {
    int[] s = common(a, b);
    Array p = expand(a, s);
    Array q = expand(b, s);
    double[] y = v(Duals.over(p.v, q.v));
    return make(s, y, Duals.over(Duals.minus(p.t, Duals.times(y, q.t)), q.v));
  }

  /// c a.
  public Array scale(double c, Array a) {
    return make(a.shape, v(Duals.scaled(c, a.v)), Duals.scaled(c, a.t));
  }

  /// a + c.
  public Array shift(Array a, double c) {
    double[] t = a.t;
    return make(a.shape, apply(x -> x + c, a.v), t == null ? null : t.clone());
  }

  /// f of each element.
  public Array map(Unary f, Array a) {
    double[] y = apply(f.value(), a.v);
    if (a.t == null) {
      return make(a.shape, y, null);
    }
    Array slope =
        f.slope().at(this, new Array(a.shape, a.v, null), new Array(a.shape, y.clone(), null));
    return make(a.shape, y, Duals.times(slope.v, a.t));
  }

  private static double[] apply(DoubleUnaryOperator f, double[] a) {
    double[] y = new double[a.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = f.applyAsDouble(a[i]);
    }
    return y;
  }

  /// A tangent that is one of the operands' own is copied: arrays share nothing.
  private static double @Nullable [] own(
      double @Nullable [] t, double @Nullable [] p, double @Nullable [] q) {
    return t != null && (t == p || t == q) ? t.clone() : t;
  }

  private static int[] common(Array a, Array b) {
    return java.util.Arrays.equals(a.shape, b.shape) ? a.shape : Index.broadcast(a.shape, b.shape);
  }

  private Array expand(Array a, int[] shape) {
    return java.util.Arrays.equals(a.shape, shape)
        ? a
        : gather(a, shape, Index.broadcasting(a.shape, shape));
  }

  /// The same elements under another shape of the same size.
  Array reshape(Array a, int[] shape) {
    if (Array.size(shape) != a.size()) {
      throw Place.fail(
          "shape " + java.util.Arrays.toString(shape) + " does not hold the elements of " + a);
    }
    double[] t = a.t;
    return make(shape, a.v.clone(), t == null ? null : t.clone());
  }

  /// An array whose element i is `a[index[i]]`, or 0 where the index is negative.
  Array gather(Array a, int[] shape, int[] index) {
    return make(shape, v(Duals.gather(a.v, index)), Duals.gather(a.t, index));
  }

  /// The transpose of [#gather]: zeros of `shape`, with `a[i]` added to element `index[i]`.
  Array scatter(Array a, int[] shape, int[] index) {
    Array y = zeros(shape);
    addScatter(y, index, a);
    return y;
  }

  /// The sum of products `p` as an array of this shape.
  Array product(Product p, int[] shape, Array a, Array b) {
    Array y = zeros(shape);
    addProduct(y, p, a, b);
    return y;
  }

  /// Adds the sum of products `p` to `d` in place: no matrix is made for a rank-one update.
  void addProduct(Array d, Product p, Array a, Array b) {
    p.add(d.v, a.v, b.v);
    round(d.v);
    if (a.t != null) {
      p.add(tangent(d), a.t, b.v);
    }
    if (b.t != null) {
      p.add(tangent(d), a.v, b.t);
    }
    round(d.t);
  }

  private static double[] tangent(Array d) {
    double[] t = d.t == null ? new double[d.v.length] : d.t;
    d.t = t;
    return t;
  }

  /// Adds `g[i]` to element `index[i]` of `d` in place.
  void addScatter(Array d, int[] index, Array g) {
    scatter(d.v, index, g.v);
    if (g.t != null) {
      scatter(tangent(d), index, g.t);
    }
  }

  private void scatter(double[] into, int[] index, double[] g) {
    Duals.scatter(into, index, g);
    if (single) {
      for (int i : index) {
        if (i >= 0) {
          into[i] = (float) into[i];
        }
      }
    }
  }

  /// Adds `g` to `d` in place; over axes along which `d` was broadcast, `g` is summed.
  void add(Array d, Array g) {
    if (!java.util.Arrays.equals(d.shape, g.shape)) {
      addScatter(d, Index.broadcasting(d.shape, g.shape), g);
      return;
    }
    Duals.add(d.v, g.v);
    round(d.v);
    if (g.t != null) {
      double[] t = tangent(d);
      Duals.add(t, g.t);
      round(t);
    }
  }
}
