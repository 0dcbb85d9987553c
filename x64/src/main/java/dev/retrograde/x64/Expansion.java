package dev.retrograde.x64;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.List;

/// Writes primitives and conversions that have no instruction as several that have one.
final class Expansion {
  private final Sequence seq;
  private final boolean avx512;

  Expansion(Sequence seq) {
    this.seq = seq;
    this.avx512 = seq.features.avx512();
  }

  /// A primitive into a new value.
  Value let(Primitive fn, DType t, Value... a) {
    DType result = fn == Primitive.SELECT ? t : fn.result(List.of(t, t, t).subList(0, a.length));
    Value dst = seq.fresh(result);
    apply(fn, t, dst, a);
    return dst;
  }

  /// A primitive on operands of type `t` (of a choice: on what is chosen).
  void apply(Primitive fn, DType t, Value dst, Value... a) {
    if (t == DType.BOOL) {
      onMasks(fn, dst, a);
      return;
    }
    switch (fn) {
      case NEG -> {
        if (t.isFloat()) {
          emit(Primitive.XOR, t, dst, a[0], seq.constant(t, sign(t)));
        } else {
          emit(Primitive.SUB, t, dst, seq.constant(t, 0), a[0]);
        }
      }
      case ABS -> {
        if (t.isFloat()) {
          emit(Primitive.AND, t, dst, a[0], seq.constant(t, ~sign(t)));
        } else {
          emit(fn, t, dst, a);
        }
      }
      case NOT -> emit(Primitive.XOR, t, dst, a[0], seq.constant(t, -1));
      case FMA -> {
        if (t.isFloat()) {
          emit(fn, t, dst, a);
        } else {
          emit(Primitive.ADD, t, dst, let(Primitive.MUL, t, a[0], a[1]), a[2]);
        }
      }
      case FLOOR, ROUND -> {
        if (t.isFloat()) {
          emit(fn, t, dst, a);
        } else {
          copy(dst, a[0]);
        }
      }
      case BITS -> copy(dst, a[0]);
      case POPCOUNT -> {
        if (seq.features.popcount()) {
          emit(fn, t, dst, a);
        } else {
          countBits(t, dst, a[0]);
        }
      }
      case SHL, SHR, USHR -> shift(fn, t, dst, a);
      case LT, LE, EQ, NE -> compare(fn, t, dst, a);
      case SELECT -> select(t, dst, a);
      case ADD, SUB, MUL, DIV, SQRT, MIN, MAX, AND, OR, XOR -> emit(fn, t, dst, a);
    }
  }

  private Ins emit(Primitive fn, DType t, Value dst, Value... a) {
    Ins ins = new Ins(Ins.Kind.APPLY, dst, a);
    ins.fn = fn;
    ins.type = t;
    return seq.add(ins);
  }

  void copy(Value dst, Value from) {
    seq.add(from.isZero() ? new Ins(Ins.Kind.COPY, dst) : new Ins(Ins.Kind.COPY, dst, from));
  }

  private static long sign(DType t) {
    return t == DType.F32 ? 0x8000_0000L : Long.MIN_VALUE;
  }

  private void onMasks(Primitive fn, Value dst, Value[] a) {
    switch (fn) {
      case AND, OR -> emit(fn, DType.BOOL, dst, a);
      case XOR, NE -> emit(Primitive.XOR, DType.BOOL, dst, a);
      case EQ -> apply(Primitive.NOT, DType.BOOL, dst, let(Primitive.XOR, DType.BOOL, a));
      case NOT -> {
        if (avx512) {
          emit(fn, DType.BOOL, dst, a);
        } else {
          emit(Primitive.XOR, DType.BOOL, dst, a[0], seq.constant(DType.BOOL, 1));
        }
      }
      case SELECT -> {
        Value yes = let(Primitive.AND, DType.BOOL, a[0], a[1]);
        Value other = let(Primitive.NOT, DType.BOOL, a[0]);
        Value no = let(Primitive.AND, DType.BOOL, other, a[2]);
        emit(Primitive.OR, DType.BOOL, dst, yes, no);
      }
      case ADD,
          SUB,
          MUL,
          DIV,
          FMA,
          NEG,
          ABS,
          SQRT,
          MIN,
          MAX,
          FLOOR,
          ROUND,
          LT,
          LE,
          SHL,
          SHR,
          USHR,
          POPCOUNT,
          BITS ->
          throw new IllegalArgumentException("no primitive " + fn.text() + " on bool");
    }
  }

  private void shift(Primitive fn, DType t, Value dst, Value[] a) {
    int bits = 8 * seq.size(t);
    long count = a[1].bits;
    if (a[1].isUniform() && count >= 0 && count < bits) {
      Ins ins = new Ins(Ins.Kind.APPLY, dst, a[0]);
      ins.fn = fn;
      ins.type = t;
      ins.count = (int) count;
      seq.add(ins);
    } else {
      emit(fn, t, dst, a);
    }
  }

  private Value shifted(Primitive fn, DType t, Value a, int count) {
    return let(fn, t, a, seq.constant(t, count));
  }

  private void compare(Primitive fn, DType t, Value dst, Value[] a) {
    if (avx512 || seq.size(t) == seq.maskSize) {
      emit(fn, t, dst, a);
    } else {
      Value own = seq.freshVector(seq.size(t));
      emit(fn, t, own, a);
      seq.add(new Ins(Ins.Kind.RESIZE, dst, own));
    }
  }

  private void select(DType t, Value dst, Value[] a) {
    Value mask = mask(a[0], seq.size(t));
    if (a[2].isZero()) {
      emit(Primitive.SELECT, t, dst, mask, a[1]);
    } else {
      emit(Primitive.SELECT, t, dst, mask, a[1], a[2]);
    }
  }

  /// A mask for lanes of this size.
  Value mask(Value mask, int size) {
    if (avx512 || mask.size == size) {
      return mask;
    }
    Value own = seq.freshVector(size);
    seq.add(new Ins(Ins.Kind.RESIZE, own, mask));
    return own;
  }

  /// Sums of neighbouring bits, pairs, nibbles, then bytes.
  private void countBits(DType t, Value dst, Value x) {
    Value odd = let(Primitive.AND, t, shifted(Primitive.USHR, t, x, 1), every(t, 0x55));
    Value twos = let(Primitive.SUB, t, x, odd);
    Value low = let(Primitive.AND, t, twos, every(t, 0x33));
    Value high = let(Primitive.AND, t, shifted(Primitive.USHR, t, twos, 2), every(t, 0x33));
    Value fours = let(Primitive.ADD, t, low, high);
    Value sum = let(Primitive.ADD, t, fours, shifted(Primitive.USHR, t, fours, 4));
    sum = let(Primitive.AND, t, sum, every(t, 0x0f));
    for (int by = 8; by < 8 * seq.size(t); by *= 2) {
      sum = let(Primitive.ADD, t, sum, shifted(Primitive.USHR, t, sum, by));
    }
    emit(Primitive.AND, t, dst, sum, seq.constant(t, 0x7f));
  }

  private Value every(DType t, int value) {
    return seq.constant(t, value * 0x0101_0101_0101_0101L);
  }

  /// A conversion, with the meaning of `ScalarEval.cast`.
  void cast(DType from, DType to, Value dst, Value x) {
    if (from == to) {
      copy(dst, x);
    } else if (to == DType.BOOL) {
      apply(Primitive.NE, from, dst, x, seq.constant(from, 0));
    } else if (from == DType.BOOL) {
      long one =
          switch (to) {
            case F32 -> Float.floatToRawIntBits(1);
            case F64 -> Double.doubleToRawLongBits(1);
            case I32, I64, BF16, I8, I16, U8, BOOL, FRAME -> 1;
          };
      apply(Primitive.SELECT, to, dst, x, seq.constant(to, one), seq.constant(to, 0));
    } else {
      Ins ins = new Ins(Ins.Kind.CAST, dst, x);
      ins.type = from;
      ins.to = to;
      seq.add(ins);
    }
  }

  Value cast(DType from, DType to, Value x) {
    if (from == to) {
      return x;
    }
    Value dst = seq.fresh(to);
    cast(from, to, dst, x);
    return dst;
  }

  /// The bits of bf16, rounded to nearest even, as I32.
  Value roundToBf16(Value x) {
    DType i = DType.I32;
    Value high = shifted(Primitive.USHR, i, x, 16);
    Value odd = let(Primitive.AND, i, high, seq.constant(i, 1));
    Value sum = let(Primitive.ADD, i, let(Primitive.ADD, i, x, odd), seq.constant(i, 0x7fff));
    Value rounded = shifted(Primitive.USHR, i, sum, 16);
    Value quiet = let(Primitive.OR, i, high, seq.constant(i, 0x40));
    Value nan = let(Primitive.NE, DType.F32, x, x);
    return let(Primitive.SELECT, i, nan, quiet, rounded);
  }

  /// A float as an integer of a narrower type, saturated, as I32.
  Value saturate(DType from, DType to, Value x) {
    long low = to == DType.U8 ? 0 : -(1L << (8 * to.bytes() - 1));
    long high = to == DType.U8 ? 255 : -low - 1;
    DType i = DType.I32;
    Value whole = cast(from, i, x);
    Value capped = let(Primitive.MIN, i, whole, seq.constant(i, high));
    return let(Primitive.MAX, i, capped, seq.constant(i, low));
  }
}
