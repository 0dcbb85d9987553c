package dev.retrograde.callback;

import java.util.Arrays;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/// Maps from the elements of one array to those of another: everything that moves elements.
///
/// A map has for each element of the result, row-major, the position that it comes from, or -1
/// where it is zero.
final class Index {
  private Index() {}

  /// The map whose result has this shape and whose element at an index is at `at(index)`.
  static int[] of(int[] shape, ToIntFunction<int[]> at) {
    int[] map = new int[Array.size(shape)];
    int[] ix = new int[shape.length];
    for (int i = 0; i < map.length; i++) {
      map[i] = at.applyAsInt(ix);
      for (int axis = shape.length - 1; axis >= 0 && ++ix[axis] == shape[axis]; axis--) {
        ix[axis] = 0;
      }
    }
    return map;
  }

  static int[] strides(int[] shape) {
    int[] s = new int[shape.length];
    int stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      s[i] = stride;
      stride *= shape[i];
    }
    return s;
  }

  /// A map that is linear in the index: its element is at the sum of `ix[i] * strides[i]`.
  static int[] linear(int[] shape, int[] strides, int base) {
    return of(
        shape,
        ix -> {
          int p = base;
          for (int i = 0; i < ix.length; i++) {
            p += ix[i] * strides[i];
          }
          return p;
        });
  }

  /// The shape that both broadcast to: axes are aligned at the end, and 1 fits any size.
  static int[] broadcast(int[] a, int[] b) {
    int rank = Math.max(a.length, b.length);
    int[] y = new int[rank];
    for (int i = 1; i <= rank; i++) {
      int m = i > a.length ? 1 : a[a.length - i];
      int n = i > b.length ? 1 : b[b.length - i];
      if (m != n && m != 1 && n != 1) {
        throw Place.fail(
            "shapes "
                + Arrays.toString(a)
                + " and "
                + Arrays.toString(b)
                + " do not broadcast: sizes "
                + m
                + " and "
                + n
                + " meet; make them equal, or one of them 1");
      }
      y[rank - i] = m == 1 ? n : m;
    }
    return y;
  }

  /// From the elements of `to` to those of `from`, which broadcasts to it.
  static int[] broadcasting(int[] from, int[] to) {
    int[] own = strides(from);
    int[] s = new int[to.length];
    int off = to.length - from.length;
    for (int i = 0; i < from.length; i++) {
      s[off + i] = from[i] == 1 ? 0 : own[i];
    }
    return linear(to, s, 0);
  }

  static int[] permuted(int[] shape, int[] axes) {
    int[] s = strides(shape);
    int[] out = IntStream.of(axes).map(i -> shape[i]).toArray();
    return linear(out, IntStream.of(axes).map(i -> s[i]).toArray(), 0);
  }

  /// From the elements of `shape` to those of the array without `axes`.
  static int[] reducing(int[] shape, Set<Integer> axes) {
    int[] kept = strides(without(shape, axes));
    int[] s = new int[shape.length];
    for (int i = 0, k = 0; i < shape.length; i++) {
      s[i] = axes.contains(i) ? 0 : kept[k++];
    }
    return linear(shape, s, 0);
  }

  static int[] without(int[] shape, Set<Integer> axes) {
    return IntStream.range(0, shape.length)
        .filter(i -> !axes.contains(i))
        .map(i -> shape[i])
        .toArray();
  }
}
