package dev.retrograde.io.safetensors;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/// A named tensor: row-major elements, little-endian.
///
/// Segments that come from a file are read-only, live as long as the arena they were mapped in, and
/// begin where the file puts them: read them with the unaligned layouts of
/// [java.lang.foreign.ValueLayout], or copy them.
///
/// @param name any text but `__metadata__`
/// @param type the type of the elements
/// @param shape extents of at least 0; empty for a single element
/// @param data exactly the bytes of the elements
public record Tensor(String name, ElementType type, long[] shape, MemorySegment data) {

  public Tensor {
    shape = shape.clone();
    long bytes = Header.byteSize(type, shape);
    if (bytes != data.byteSize()) {
      throw new IllegalArgumentException(
          "Tensor '%s': expected %s bytes for %s %s, found %d."
              .formatted(
                  name,
                  bytes < 0 ? "a possible number of" : String.valueOf(bytes),
                  type,
                  Arrays.toString(shape),
                  data.byteSize()));
    }
    if (name.equals(Header.METADATA)) {
      throw new IllegalArgumentException(
          "Tensor: expected a name other than '__metadata__', which the format keeps for itself.");
    }
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  /// Equal name, type, shape and bytes.
  @Override
  public boolean equals(Object other) {
    return other instanceof Tensor that
        && name.equals(that.name)
        && type == that.type
        && Arrays.equals(shape, that.shape)
        && data.mismatch(that.data) == -1;
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, type, Arrays.hashCode(shape));
  }

  @Override
  public String toString() {
    return "%s: %s%s".formatted(name, type, Arrays.toString(shape));
  }
}
