package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// Element type and shape of a value; row-major, the last axis contiguous.
public record Type(DType dtype, List<Extent> extents) {
  public Type {
    extents = List.copyOf(extents);
  }

  public static Type of(DType dtype, int... dims) {
    return new Type(dtype, Arrays.stream(dims).mapToObj(Extent::of).toList());
  }

  public static Type of(DType dtype, List<Integer> dims) {
    return new Type(dtype, dims.stream().map(Extent::of).toList());
  }

  public int rank() {
    return extents.size();
  }

  /// Capacity of an axis.
  public int dim(int axis) {
    return extents.get(axis).capacity();
  }

  /// Capacities of all axes.
  public List<Integer> dims() {
    return extents.stream().map(Extent::capacity).toList();
  }

  /// Elements that storage reserves.
  public long size() {
    long n = 1;
    for (Extent e : extents) {
      n = Math.multiplyExact(n, e.capacity());
    }
    return n;
  }

  public long bytes() {
    return Math.multiplyExact(size(), dtype.bytes());
  }

  public Type with(DType d) {
    return d == dtype ? this : new Type(d, extents);
  }

  public Type with(List<Extent> e) {
    return new Type(dtype, e);
  }

  /// Without these axes.
  public Type without(List<Integer> axes) {
    List<Extent> kept = new ArrayList<>();
    for (int i = 0; i < rank(); i++) {
      if (!axes.contains(i)) {
        kept.add(extents.get(i));
      }
    }
    return new Type(dtype, kept);
  }

  public boolean ragged() {
    return extents.stream().anyMatch(e -> e instanceof Extent.Ragged);
  }

  @Override
  public String toString() {
    return dtype.text()
        + extents.stream().map(Object::toString).collect(Collectors.joining(",", "[", "]"));
  }
}
