package dev.retrograde.x64;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import org.jspecify.annotations.Nullable;

/// One step of the printed code: an instruction or a short fixed sequence of them, on values.
final class Ins {
  enum Kind {
    LOOP_BEGIN,
    LOOP_BACK,
    LOOP_EXIT,
    /// A primitive; `type` is that of its operands. A shift with `count` >= 0 shifts by that many.
    APPLY,
    /// A conversion of numbers from `type` to `to`.
    CAST,
    /// The same bits; without an operand, zero.
    COPY,
    /// Lanes of `address`'s integer plus the operand.
    INDEX,
    /// Lane j is lane `j xor count`.
    SWAP,
    /// AVX2: a mask for lanes of another size.
    RESIZE,
    /// `count` lanes from memory; AVX2 with a mask operand: too many are read, then cut.
    LOAD,
    /// The lanes of the operand, a mask.
    LOAD_MASKED,
    /// One element in all lanes.
    LOAD_BROADCAST,
    /// Operands: indices and, unless all lanes are read, a mask.
    LOAD_GATHER,
    /// `count` lanes to memory.
    STORE,
    /// Operands: value and mask.
    STORE_MASKED,
    /// Operands: value, indices and, unless all lanes are written, a mask.
    STORE_SCATTER,
    /// `count` lanes one by one, `stride` elements apart. Operands: value and perhaps a mask.
    STORE_LANES
  }

  final Kind kind;
  final @Nullable Value dst;
  final Value[] args;
  @Nullable Primitive fn;
  DType type = DType.F32;
  DType to = DType.F32;
  DType storage = DType.F32;
  int count = -1;
  int stride = 1;
  @Nullable Address address;
  @Nullable Loop loop;

  // Filled in by the allocator: registers of the operands, or NOWHERE for one in memory.
  int dstRegister = Value.NOWHERE;
  final int[] argRegister;
  final boolean[] reload;
  int[] vectorTemps = {};
  int[] maskTemps = {};

  Ins(Kind kind, @Nullable Value dst, Value... args) {
    this.kind = kind;
    this.dst = dst;
    this.args = args;
    this.argRegister = new int[args.length];
    this.reload = new boolean[args.length];
  }

  Loop loop() {
    if (loop == null) {
      throw new AssertionError(kind + " without its loop");
    }
    return loop;
  }

  Address address() {
    if (address == null) {
      throw new AssertionError(kind + " without an address");
    }
    return address;
  }

  Value dst() {
    if (dst == null) {
      throw new AssertionError(kind + " without a result");
    }
    return dst;
  }
}
