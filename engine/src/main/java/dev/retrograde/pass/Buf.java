package dev.retrograde.pass;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.scalar.DType;
import org.jspecify.annotations.Nullable;

/// A buffer that kernels read and write. Identity is identity.
///
/// @param home where its memory is
/// @param name state entry, input or output; else the value it holds
/// @param elements of storage, halo included
final class Buf {
  enum Home {
    ARENA,
    STATE,
    INPUT,
    OUTPUT,
    CONSTANT
  }

  /// Images of `h` rows and `w` columns of `c` channels, of which rows and columns at the edges are
  /// zero.
  record Border(int n, int h, int w, int c, int top, int bottom, int left, int right) {
    /// Elements that are not border.
    long inner() {
      return (long) n * (h - top - bottom) * (w - left - right) * c;
    }
  }

  final Home home;
  final String name;
  final DType dtype;
  final long elements;
  Tag tag;

  /// The border of zeros round each image, if there is one.
  @Nullable Border border;

  final @Nullable HostTensor constant;

  Buf(Home home, String name, DType dtype, long elements, Tag tag, @Nullable HostTensor constant) {
    this.home = home;
    this.name = name;
    this.dtype = dtype;
    this.elements = elements;
    this.tag = tag;
    this.constant = constant;
  }

  /// Elements that hold values.
  long inner() {
    Border b = border;
    return b == null ? elements : b.inner();
  }

  long bytes() {
    return elements * dtype.bytes();
  }

  @Override
  public String toString() {
    return name;
  }
}
