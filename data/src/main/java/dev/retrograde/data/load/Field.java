package dev.retrograde.data.load;

import java.util.List;

/// One named part of every sample of a source: all samples have it in one shape. A batch holds it
/// as `[capacity, dims...]`.
///
/// @param name unique within the source; what the input of a program may be called
/// @param kind of its numbers
/// @param dims of one sample's part, each at least 1; none for a single number
public record Field(String name, Kind kind, List<Integer> dims) {

  public Field {
    dims = List.copyOf(dims);
    if (name.isBlank() || dims.stream().anyMatch(d -> d < 1)) {
      throw new IllegalArgumentException(
          "Field '%s': expected a name and extents of at least 1, found %s.".formatted(name, dims));
    }
  }

  /// Kinds of numbers, each four bytes in native order.
  public enum Kind {
    F32,
    I32
  }

  /// Numbers in one sample's part: the product of the extents.
  public int volume() {
    return dims.stream().reduce(1, Math::multiplyExact);
  }

  @Override
  public String toString() {
    return name + ": " + (kind == Kind.F32 ? "f32 " : "i32 ") + dims;
  }
}
