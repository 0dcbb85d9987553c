package dev.retrograde.ir;

/// The size of one axis.
public sealed interface Extent {
  /// Slots that storage reserves.
  int capacity();

  /// Known when the program is made.
  record Static(int n) implements Extent {
    public Static {
      if (n < 0) {
        throw new IllegalArgumentException("an extent is at least 0, found " + n);
      }
    }

    @Override
    public int capacity() {
      return n;
    }

    @Override
    public String toString() {
      return Integer.toString(n);
    }
  }

  /// Known at run time: `count` is a scalar i32 with 0 <= count <= capacity. Strides use the
  /// capacity, nothing past the count is read. Extents are equal when they share the count.
  record Ragged(int capacity, Value count) implements Extent {
    @Override
    public String toString() {
      return capacity + "?" + count;
    }
  }

  static Extent of(int n) {
    return new Static(n);
  }
}
