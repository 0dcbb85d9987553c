package dev.retrograde.x64;

import dev.retrograde.x64.asm.Mem;
import org.jspecify.annotations.Nullable;

/// A virtual register: what an instruction computes or reads, before it has a place.
///
/// Three kinds never need a register of their own: constants (they stand in the constant pool, and
/// in a register too where one is free), and loads that were folded into their only reader.
final class Value {
  /// What stands behind a value.
  enum Kind {
    /// Computed by instructions.
    COMPUTED,
    /// A vector constant.
    CONSTANT,
    /// A constant of a mask register.
    MASK_CONSTANT,
    /// An element or vector in a buffer, read where it is used.
    FOLDED
  }

  static final int NOWHERE = -1;

  final Kind kind;

  /// Whether it lives in a mask register; with AVX2 masks are vectors.
  final boolean mask;

  /// Bytes of a lane; of a mask with AVX2 too.
  final int size;

  /// Bits of a lane, the same in all; or of a constant of a mask register.
  final long bits;

  /// Lanes of a constant that differ, or null.
  final byte @Nullable [] pattern;

  /// Where a folded load reads.
  final @Nullable Address address;

  /// Whether a folded load repeats one element.
  final boolean broadcast;

  // Filled in by the allocator.
  int uses;
  int start = Integer.MAX_VALUE;
  int end = NOWHERE;
  int lastSet = NOWHERE;
  float weight;
  boolean spilled;
  int register = NOWHERE;
  int slot = NOWHERE;
  int hinted = NOWHERE;

  /// The constant's place in the pool, once it is asked for.
  @Nullable Mem pool;

  private Value(
      Kind kind,
      boolean mask,
      int size,
      long bits,
      byte @Nullable [] pattern,
      @Nullable Address address,
      boolean broadcast) {
    this.kind = kind;
    this.mask = mask;
    this.size = size;
    this.bits = bits;
    this.pattern = pattern;
    this.address = address;
    this.broadcast = broadcast;
  }

  static Value vector(int size) {
    return new Value(Kind.COMPUTED, false, size, 0, null, null, false);
  }

  static Value maskRegister() {
    return new Value(Kind.COMPUTED, true, 8, 0, null, null, false);
  }

  static Value constant(int size, long bits) {
    return new Value(Kind.CONSTANT, false, size, bits, null, null, false);
  }

  static Value pattern(int size, byte[] lanes) {
    return new Value(Kind.CONSTANT, false, size, 0, lanes, null, false);
  }

  static Value maskConstant(long bits) {
    return new Value(Kind.MASK_CONSTANT, true, 8, bits, null, null, false);
  }

  static Value folded(int size, Address address, boolean broadcast) {
    return new Value(Kind.FOLDED, false, size, 0, null, address, broadcast);
  }

  boolean isConstant() {
    return kind == Kind.CONSTANT || kind == Kind.MASK_CONSTANT;
  }

  /// The same bits in all lanes.
  boolean isUniform() {
    return kind == Kind.CONSTANT && pattern == null;
  }

  boolean isZero() {
    return isUniform() && bits == 0;
  }
}
