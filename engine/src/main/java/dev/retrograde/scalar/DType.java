package dev.retrograde.scalar;

/// The type of one element.
///
/// Floating types carry cotangents, the others never do. `BF16` is a storage type: maps over it
/// compute in `F32`. `BOOL` is one byte, 0 or 1. `FRAME` is an opaque handle into a dynamic stack.
public enum DType {
  F32(4),
  F64(8),
  BF16(2),
  I8(1),
  I16(2),
  I32(4),
  I64(8),
  U8(1),
  BOOL(1),
  FRAME(8);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /// Bytes of one stored element.
  public int bytes() {
    return bytes;
  }

  public boolean isFloat() {
    return this == F32 || this == F64 || this == BF16;
  }

  public boolean isInteger() {
    return switch (this) {
      case I8, I16, I32, I64, U8 -> true;
      case F32, F64, BF16, BOOL, FRAME -> false;
    };
  }

  /// The name in the text form, such as `f32`.
  public String text() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  /// The type named by [#text()].
  public static DType parse(String text) {
    for (DType d : values()) {
      if (d.text().equals(text)) {
        return d;
      }
    }
    throw new IllegalArgumentException(
        "unknown element type '" + text + "': expected one of f32 f64 bf16 i8 i16 i32 i64 u8 bool");
  }

  /// The type in which an operation over both computes: bool below integers below floats, the wider
  /// of two of a kind, u8 with i8 gives i16, bf16 with any integer stays bf16.
  public static DType promote(DType a, DType b) {
    if (a == b) {
      return a;
    }
    if (a == FRAME || b == FRAME) {
      throw new IllegalArgumentException("a frame handle takes no part in arithmetic");
    }
    if (a == BOOL) {
      return b;
    }
    if (b == BOOL) {
      return a;
    }
    if (a.isFloat() != b.isFloat()) {
      return a.isFloat() ? a : b;
    }
    if (a.bytes == b.bytes) {
      return I16; // u8 with i8
    }
    return a.bytes > b.bytes ? a : b;
  }
}
