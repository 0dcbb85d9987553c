package dev.retrograde.pass;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A tensor as affine places in a buffer: element `index` is at `offset + sum(index * strides)`.
///
/// @param partials 1, or the number of addends that make up each element; addend p is `partStride`
///   elements further on, and the sum runs over them in order
record View(
    Buf buf, long offset, List<Integer> dims, List<Long> strides, int partials, long partStride) {
  View {
    dims = List.copyOf(dims);
    strides = List.copyOf(strides);
  }

  /// Row-major without gaps.
  static View dense(Buf buf, List<Integer> dims) {
    return new View(buf, 0, dims, denseStrides(dims), 1, 0);
  }

  static List<Long> denseStrides(List<Integer> dims) {
    Long[] s = new Long[dims.size()];
    long at = 1;
    for (int i = dims.size() - 1; i >= 0; i--) {
      s[i] = at;
      at *= dims.get(i);
    }
    return List.of(s);
  }

  boolean isDense() {
    if (partials != 1) {
      return false;
    }
    List<Long> want = denseStrides(dims);
    for (int i = 0; i < dims.size(); i++) {
      if (dims.get(i) > 1 && !strides.get(i).equals(want.get(i))) {
        return false;
      }
    }
    return true;
  }

  View transposed(List<Integer> perm) {
    return new View(
        buf,
        offset,
        perm.stream().map(dims::get).toList(),
        perm.stream().map(strides::get).toList(),
        partials,
        partStride);
  }

  View broadcast(List<Integer> target, List<Integer> axes) {
    List<Long> s = new ArrayList<>();
    for (int i = 0; i < target.size(); i++) {
      int at = axes.indexOf(i);
      s.add(at < 0 ? 0L : strides.get(at));
    }
    return new View(buf, offset, target, s, partials, partStride);
  }

  View sliced(List<Integer> starts, List<Integer> sizes, List<Integer> steps) {
    long o = offset;
    List<Long> s = new ArrayList<>();
    for (int i = 0; i < sizes.size(); i++) {
      o += starts.get(i) * strides.get(i);
      s.add(strides.get(i) * steps.get(i));
    }
    return new View(buf, o, sizes, s, partials, partStride);
  }

  /// The same elements under another shape, or null where strides cannot express it.
  @Nullable View reshaped(List<Integer> target) {
    long n = 1;
    for (int d : target) {
      n *= d;
    }
    if (n == 0) {
      return new View(buf, offset, target, denseStrides(target), partials, partStride);
    }
    // Walk both shapes from the end, splitting and merging runs that are contiguous.
    List<Integer> from = new ArrayList<>();
    List<Long> fromStride = new ArrayList<>();
    for (int i = 0; i < dims.size(); i++) {
      if (dims.get(i) != 1) {
        from.add(dims.get(i));
        fromStride.add(strides.get(i));
      }
    }
    Long[] out = new Long[target.size()];
    int f = from.size() - 1;
    long left = f >= 0 ? from.get(f) : 1;
    long stride = f >= 0 ? fromStride.get(f) : 1;
    for (int i = target.size() - 1; i >= 0; i--) {
      int d = target.get(i);
      if (d == 1) {
        out[i] = 0L;
        continue;
      }
      while (left % d != 0 || left == 1) {
        if (left == 1 && f >= 1) {
          f--;
          left = from.get(f);
          stride = fromStride.get(f);
          continue;
        }
        // Merge with the next outer run where contiguous.
        if (f >= 1) {
          long whole = stride * left;
          if (fromStride.get(f - 1) != whole) {
            return null;
          }
          left *= from.get(f - 1);
          f--;
        } else {
          return null;
        }
      }
      out[i] = stride;
      left /= d;
      stride *= d;
    }
    return new View(buf, offset, target, List.of(out), partials, partStride);
  }
}
