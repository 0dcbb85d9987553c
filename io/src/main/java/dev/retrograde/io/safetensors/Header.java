package dev.retrograde.io.safetensors;

import java.util.List;
import java.util.SortedMap;

/// What the header of a file says, before it is compared with the file's size.
///
/// @param metadata the map of strings
/// @param entries the tensors in the order of the header
record Header(SortedMap<String, String> metadata, List<Entry> entries) {

  /// The name under which the header keeps the map of strings.
  static final String METADATA = "__metadata__";

  /// Headers above this size are refused, as the format demands.
  static final int LARGEST = 100_000_000;

  /// One tensor.
  ///
  /// @param at where in the file its entry begins
  /// @param begin first byte of its data, counted from the end of the header
  /// @param end one past its last byte
  record Entry(long at, String name, ElementType type, long[] shape, long begin, long end) {}

  /// Bytes of a tensor; -1 if the product overflows or an extent is negative.
  static long byteSize(ElementType type, long[] shape) {
    boolean empty = false;
    for (long extent : shape) {
      if (extent < 0) {
        return -1;
      }
      empty |= extent == 0;
    }
    if (empty) {
      return 0;
    }
    long bytes = type.bytes();
    for (long extent : shape) {
      if (Math.multiplyHigh(bytes, extent) != 0 || bytes * extent < 0) {
        return -1;
      }
      bytes *= extent;
    }
    return bytes;
  }
}
