package dev.retrograde.loop;

import dev.retrograde.scalar.DType;

/// A register of as many lanes as its kernel has. Narrow storage types widen on load, so a register
/// holds F32, F64, I32 or I64; BOOL is a lane mask.
public record Reg(int id, DType dtype) {
  public Reg {
    switch (dtype) {
      case F32, F64, I32, I64, BOOL -> {}
      case BF16, I8, I16, U8, FRAME ->
          throw new IllegalArgumentException("no register holds " + dtype.text());
    }
  }

  /// The register type of a storage type.
  public static DType widened(DType d) {
    return switch (d) {
      case F32, F64, I32, I64, BOOL -> d;
      case BF16 -> DType.F32;
      case I8, I16, U8 -> DType.I32;
      case FRAME -> DType.I64;
    };
  }

  @Override
  public String toString() {
    return switch (dtype) {
          case F32 -> "v";
          case F64 -> "d";
          case I32 -> "w";
          case I64 -> "x";
          case BOOL -> "m";
          case BF16, I8, I16, U8, FRAME -> "?";
        }
        + id;
  }
}
