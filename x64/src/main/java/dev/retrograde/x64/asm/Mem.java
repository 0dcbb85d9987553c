package dev.retrograde.x64.asm;

import org.jspecify.annotations.Nullable;

/// A place in memory: `base + index * scale + disp`, or `label + disp` relative to the code.
///
/// @param base the register that the address starts from, or null
/// @param index the register that is scaled and added, or null; never `RSP`
/// @param vectorIndex a vector of indices, for gathers and scatters, or null
/// @param scale 1, 2, 4 or 8
/// @param disp bytes to add
/// @param label a place in the code or in its constant pool, or null; excludes the registers
/// @param broadcast whether one element is read and repeated in all lanes (EVEX only)
public record Mem(
    @Nullable Gpr base,
    @Nullable Gpr index,
    @Nullable Vec vectorIndex,
    int scale,
    int disp,
    @Nullable Label label,
    boolean broadcast)
    implements VecOrMem {

  public Mem {
    if (scale != 1 && scale != 2 && scale != 4 && scale != 8) {
      throw new IllegalArgumentException(
          "memory operand: scale " + scale + " cannot be encoded, expected 1, 2, 4 or 8");
    }
    if (index == Gpr.RSP) {
      throw new IllegalArgumentException(
          "memory operand: RSP cannot be an index; make it the base, or copy it");
    }
    if (index != null && vectorIndex != null) {
      throw new IllegalArgumentException(
          "memory operand: " + index + " and " + vectorIndex + " cannot both be the index");
    }
    if (label != null && (base != null || index != null || vectorIndex != null)) {
      throw new IllegalArgumentException(
          "memory operand: a place relative to the code takes no register, found label "
              + label
              + " with one; load its address with lea first");
    }
  }

  /// The place that `base` points to.
  public static Mem at(Gpr base) {
    return at(base, 0);
  }

  /// The place `disp` bytes after the one that `base` points to.
  public static Mem at(Gpr base, int disp) {
    return new Mem(base, null, null, 1, disp, null, false);
  }

  /// The place `base + index * scale + disp`.
  public static Mem at(Gpr base, Gpr index, int scale, int disp) {
    return new Mem(base, index, null, scale, disp, null, false);
  }

  /// The places `base + index[lane] * scale + disp` of a gather or a scatter.
  public static Mem at(Gpr base, Vec index, int scale, int disp) {
    return new Mem(base, null, index, scale, disp, null, false);
  }

  /// The place `index * scale + disp`, without a base.
  public static Mem scaled(Gpr index, int scale, int disp) {
    return new Mem(null, index, null, scale, disp, null, false);
  }

  /// A place in the code, or in the constant pool behind it, relative to the instruction.
  public static Mem rip(Label label) {
    return new Mem(null, null, null, 1, 0, label, false);
  }

  /// The place `bytes` after this one.
  public Mem plus(int bytes) {
    return new Mem(base, index, vectorIndex, scale, Math.addExact(disp, bytes), label, broadcast);
  }

  /// The same place, read as one element that is repeated in all lanes. Forces the EVEX encoding.
  public Mem broadcasting() {
    return new Mem(base, index, vectorIndex, scale, disp, label, true);
  }

  boolean hasIndex() {
    return index != null || vectorIndex != null;
  }

  int indexCode() {
    return index != null ? index.code() : vectorIndex != null ? vectorIndex.index() : 0;
  }

  int baseCode() {
    return base != null ? base.code() : 0;
  }

  int scaleLog2() {
    return Integer.numberOfTrailingZeros(scale);
  }
}
