package dev.retrograde.train;

import java.util.Arrays;

/// Numbers, one a step, appended without an object each.
public final class Series {
  private double[] values = new double[256];
  private int size;

  void add(double v) {
    if (size == values.length) {
      values = Arrays.copyOf(values, 2 * size);
    }
    values[size++] = v;
  }

  public int size() {
    return size;
  }

  public double get(int i) {
    if (i < 0 || i >= size) {
      throw new IndexOutOfBoundsException("step " + i + " of " + size);
    }
    return values[i];
  }

  /// A copy.
  public double[] toArray() {
    return Arrays.copyOf(values, size);
  }

  /// The middle value of those from `from` on, NaN where there are none.
  public double median(int from) {
    if (from >= size) {
      return Double.NaN;
    }
    double[] s = Arrays.copyOfRange(values, Math.max(0, from), size);
    Arrays.sort(s);
    int n = s.length;
    return n % 2 == 1 ? s[n / 2] : (s[n / 2 - 1] + s[n / 2]) / 2;
  }
}
