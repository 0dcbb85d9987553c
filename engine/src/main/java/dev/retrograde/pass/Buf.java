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

  final Home home;
  final String name;
  final DType dtype;
  final long elements;
  Tag tag;
  final @Nullable HostTensor constant;

  Buf(Home home, String name, DType dtype, long elements, Tag tag, @Nullable HostTensor constant) {
    this.home = home;
    this.name = name;
    this.dtype = dtype;
    this.elements = elements;
    this.tag = tag;
    this.constant = constant;
  }

  long bytes() {
    return elements * dtype.bytes();
  }

  @Override
  public String toString() {
    return name;
  }
}
