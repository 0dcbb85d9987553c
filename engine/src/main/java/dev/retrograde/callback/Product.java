package dev.retrograde.callback;

import java.util.Arrays;

/// A sum of products over a space of indices, in which each of three arrays is read or written at a
/// position that is linear in the indices: `out[o . i] += a[p . i] * b[q . i]` for all i.
///
/// Matrix products, outer products and convolutions are such sums, and so are their derivatives:
/// the cotangent of `a` is the same sum with `out` and `a` in each other's place. That is why one
/// loop serves all of them.
///
/// @param extents of the indices
/// @param out strides of the result, and so on for `a` and `b`; 0 where an index does not occur
record Product(int[] extents, int[] out, int[] a, int[] b) {

  /// The sum that gives the cotangent of `a` from those of the result and from `b`.
  Product forA() {
    return new Product(extents, a, out, b);
  }

  /// The sum that gives the cotangent of `b` from `a` and from the cotangent of the result.
  Product forB() {
    return new Product(extents, b, a, out);
  }

  /// Adds the sum to `y`.
  void add(double[] y, double[] x, double[] w) {
    if (Arrays.stream(extents).anyMatch(n -> n == 0)) {
      return;
    }
    if (extents.length == 0) {
      y[0] += x[0] * w[0];
      return;
    }
    new Walk(this, y, x, w).from(0, 0, 0, 0);
  }

  /// One walk through the space, the index with the cheapest steps innermost.
  private static final class Walk {
    private final int[] n;
    private final int[] so;
    private final int[] sa;
    private final int[] sb;
    private final double[] y;
    private final double[] x;
    private final double[] w;

    Walk(Product p, double[] y, double[] x, double[] w) {
      int inner = innermost(p);
      n = last(p.extents, inner);
      so = last(p.out, inner);
      sa = last(p.a, inner);
      sb = last(p.b, inner);
      this.y = y;
      this.x = x;
      this.w = w;
    }

    private static int innermost(Product p) {
      int best = 0;
      double least = Double.MAX_VALUE;
      for (int i = 0; i < p.extents.length; i++) {
        double cost = step(p.out[i]) + step(p.a[i]) + step(p.b[i]) + 16.0 / p.extents[i];
        if (cost <= least) {
          least = cost;
          best = i;
        }
      }
      return best;
    }

    private static int step(int stride) {
      return stride > 1 ? 4 : stride;
    }

    private static int[] last(int[] all, int inner) {
      int[] r = new int[all.length];
      for (int i = 0, k = 0; i < all.length; i++) {
        r[i == inner ? all.length - 1 : k++] = all[i];
      }
      return r;
    }

    void from(int axis, int o, int p, int q) {
      if (axis == n.length - 1) {
        row(axis, o, p, q);
        return;
      }
      for (int i = 0; i < n[axis]; i++) {
        from(axis + 1, o + i * so[axis], p + i * sa[axis], q + i * sb[axis]);
      }
    }

    private void row(int axis, int o, int p, int q) {
      if (so[axis] == 0) {
        y[o] += dot(n[axis], p, sa[axis], q, sb[axis]);
      } else if (sb[axis] == 0) {
        along(n[axis], o, so[axis], x, p, sa[axis], w[q]);
      } else if (sa[axis] == 0) {
        along(n[axis], o, so[axis], w, q, sb[axis], x[p]);
      } else {
        for (int i = 0; i < n[axis]; i++) {
          y[o + i * so[axis]] += x[p + i * sa[axis]] * w[q + i * sb[axis]];
        }
      }
    }

    /// Four sums side by side: they do not wait for each other.
    private double dot(int count, int p, int sp, int q, int sq) {
      double s0 = 0;
      double s1 = 0;
      double s2 = 0;
      double s3 = 0;
      int i = 0;
      for (; i + 3 < count; i += 4) {
        s0 += x[p] * w[q];
        s1 += x[p + sp] * w[q + sq];
        s2 += x[p + 2 * sp] * w[q + 2 * sq];
        s3 += x[p + 3 * sp] * w[q + 3 * sq];
        p += 4 * sp;
        q += 4 * sq;
      }
      for (; i < count; i++) {
        s0 += x[p] * w[q];
        p += sp;
        q += sq;
      }
      return s0 + s1 + (s2 + s3);
    }

    private void along(int count, int o, int so, double[] from, int p, int sp, double c) {
      if (so == 1 && sp == 1) {
        for (int i = 0; i < count; i++) {
          y[o + i] += from[p + i] * c;
        }
      } else {
        for (int i = 0; i < count; i++) {
          y[o + i * so] += from[p + i * sp] * c;
        }
      }
    }
  }
}
