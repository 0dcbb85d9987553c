package dev.retrograde.x64;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;

/// What each step demands of the allocator: which operands may stay in memory, how many registers
/// it needs besides its own, and whether its result may share one with an operand. The printers
/// rely on these answers.
final class Demands {
  private Demands() {}

  /// Whether operand `i` may be in memory, if no other is.
  static boolean takesMemory(Features f, Ins ins, int i) {
    return switch (ins.kind) {
      case APPLY -> ins.count < 0 && takesMemory(f, primitive(ins), ins.type, i);
      case COPY, INDEX, LOAD -> true;
      case LOOP_BEGIN, LOOP_BACK, LOOP_EXIT, CAST, SWAP, RESIZE -> false;
      case LOAD_MASKED, LOAD_BROADCAST, LOAD_GATHER -> false;
      case STORE, STORE_MASKED, STORE_SCATTER, STORE_LANES -> false;
    };
  }

  /// Whether operand `i` of a primitive may be in memory, if no other is.
  static boolean takesMemory(Features f, Primitive fn, DType t, int i) {
    if (t == DType.BOOL) {
      return !f.avx512() && fn != Primitive.NOT;
    }
    boolean emulated = t == DType.I64 && !f.avx512();
    return switch (fn) {
      case ADD, AND, OR, XOR, EQ, NE -> true;
      case FMA -> t.isFloat();
      case MUL -> !emulated;
      case MIN, MAX -> t.isFloat() ? i == 1 : !emulated;
      case SUB, SELECT -> i == 1;
      case DIV -> t.isFloat() && i == 1;
      case LT -> t.isFloat() || f.avx512() ? i == 1 : i == 0;
      case LE -> i == 1;
      case SQRT, FLOOR, ROUND -> t.isFloat();
      case SHL, USHR -> i == 1;
      case SHR -> i == 1 && !emulated;
      case ABS -> !t.isFloat() && !emulated;
      case POPCOUNT -> f.popcount();
      case NEG, NOT, BITS -> false;
    };
  }

  /// Vector registers for use during the step alone.
  static int vectorTemps(Features f, Ins ins) {
    return switch (ins.kind) {
      case APPLY -> {
        boolean emulated = ins.type == DType.I64 && !f.avx512();
        yield switch (primitive(ins)) {
          case MUL -> emulated ? 2 : 0;
          case MIN, MAX, ABS, SHR -> emulated ? 1 : 0;
          case ADD, SUB, DIV, FMA, NEG, SQRT, FLOOR, ROUND, LT, LE, EQ, NE, SELECT -> 0;
          case AND, OR, XOR, NOT, SHL, USHR, POPCOUNT, BITS -> 0;
        };
      }
      case CAST -> castTemps(f, ins.type, ins.to);
      case RESIZE -> 1;
      case LOAD_GATHER -> f.avx512() ? 0 : 1;
      case STORE -> f.avx512() || ins.storage.bytes() >= 4 ? 0 : 1;
      case STORE_LANES -> f.avx512() && ins.args.length > 1 ? 1 : 0;
      case LOOP_BEGIN, LOOP_BACK, LOOP_EXIT, COPY, INDEX, SWAP -> 0;
      case LOAD, LOAD_MASKED, LOAD_BROADCAST, STORE_MASKED, STORE_SCATTER -> 0;
    };
  }

  private static int castTemps(Features f, DType from, DType to) {
    if (from.isFloat() && to.isInteger()) {
      return f.avx512() ? (from == DType.F64 && to == DType.I32 ? 1 : 0) : 2;
    }
    return from == DType.I64 && !f.avx512() ? 1 : 0;
  }

  /// Mask registers for use during the step alone.
  static int maskTemps(Features f, Ins ins) {
    if (!f.avx512()) {
      return 0;
    }
    return switch (ins.kind) {
      case CAST -> ins.type.isFloat() && ins.to.isInteger() ? 2 : 0;
      case LOAD_GATHER, STORE_SCATTER -> 1;
      case LOOP_BEGIN, LOOP_BACK, LOOP_EXIT, APPLY, COPY, INDEX, SWAP, RESIZE -> 0;
      case LOAD, LOAD_MASKED, LOAD_BROADCAST, STORE, STORE_MASKED, STORE_LANES -> 0;
    };
  }

  /// Whether the result is written before all operands are read.
  static boolean writesEarly(Features f, Ins ins) {
    return switch (ins.kind) {
      case INDEX, LOAD_GATHER, LOAD -> true;
      case APPLY -> ins.fn == Primitive.SHR && ins.type == DType.I64 && !f.avx512();
      case LOOP_BEGIN, LOOP_BACK, LOOP_EXIT, CAST, COPY, SWAP, RESIZE -> false;
      case LOAD_MASKED, LOAD_BROADCAST -> false;
      case STORE, STORE_MASKED, STORE_SCATTER, STORE_LANES -> false;
    };
  }

  static Primitive primitive(Ins ins) {
    if (ins.fn == null) {
      throw new AssertionError(ins.kind + " without a primitive");
    }
    return ins.fn;
  }
}
