package dev.retrograde.pass.routine;

import dev.retrograde.scalar.DType;

/// Numbers as unsigned keys whose order is that of the op: NaN after everything, both zeros equal.
///
/// A float's bits, read as an unsigned integer, ascend with it once negative ones are complemented
/// and positive ones get the sign bit. Descending order complements the key of every number, and
/// the greatest key of the width stays free for NaN.
///
/// @param mask the bits that a key has
record Keys(DType dtype, boolean descending, long mask) {
  static Keys of(DType d, boolean descending) {
    return new Keys(d, descending, d.bytes() == 8 ? -1L : (1L << 8 * d.bytes()) - 1);
  }

  /// Writes the keys of the first `n` elements of a row.
  void write(Row row, int n, long[] keys) {
    switch (dtype) {
      case F32 -> {
        for (int i = 0; i < n; i++) {
          keys[i] = single((int) row.bits(i)) & mask;
        }
      }
      case BF16 -> {
        for (int i = 0; i < n; i++) {
          keys[i] = single((int) row.bits(i) << 16) >>> 16 & mask;
        }
      }
      case F64 -> {
        for (int i = 0; i < n; i++) {
          keys[i] = wide(row.bits(i));
        }
      }
      case I8, I16, I32, I64 -> {
        long sign = mask ^ mask >>> 1;
        for (int i = 0; i < n; i++) {
          keys[i] = turned(row.bits(i) ^ sign) & mask;
        }
      }
      case U8 -> {
        for (int i = 0; i < n; i++) {
          keys[i] = turned(row.bits(i)) & mask;
        }
      }
      case BOOL, FRAME -> throw new AssertionError("no order of " + dtype.text());
    }
  }

  private long turned(long key) {
    return descending ? ~key : key;
  }

  private int single(int bits) {
    if ((bits & 0x7fffffff) > 0x7f800000) {
      return -1;
    }
    int b = bits == 0x80000000 ? 0 : bits;
    int key = b ^ (b >> 31 | 0x80000000);
    return descending ? ~key : key;
  }

  private long wide(long bits) {
    if ((bits & Long.MAX_VALUE) > 0x7ff0000000000000L) {
      return mask;
    }
    long b = bits == Long.MIN_VALUE ? 0 : bits;
    return turned(b ^ (b >> 63 | Long.MIN_VALUE));
  }
}
