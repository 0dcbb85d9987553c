package dev.retrograde.scalar;

import dev.retrograde.scalar.ScalarCode.Apply;
import dev.retrograde.scalar.ScalarCode.Arg;
import dev.retrograde.scalar.ScalarCode.Cast;
import dev.retrograde.scalar.ScalarCode.Const;
import dev.retrograde.scalar.ScalarCode.Instr;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Evaluates [ScalarCode] one element at a time: the meaning that every target must reproduce bit
/// for bit. Values travel as stored bits ([ScalarCode#bitsOf]). Not safe for concurrent use: it
/// owns its registers.
public final class ScalarEval {
  /// One instruction, resolved: operand and result registers, operand type.
  ///
  /// @param fn the primitive, or null for a conversion to `to`
  private record Step(
      @Nullable Primitive fn, DType from, DType to, int x, int y, int z, int result) {}

  private record Load(int param, int result) {}

  private final Step[] steps;
  private final Load[] loads;
  private final int[] results;
  private final long[] regs;

  public ScalarEval(ScalarCode code) {
    ScalarCode low = code.lowered();
    List<Instr> instrs = low.instrs();
    regs = new long[instrs.size()];
    List<Load> loaded = new ArrayList<>();
    List<Step> todo = new ArrayList<>();
    for (int i = 0; i < regs.length; i++) {
      switch (instrs.get(i)) {
        case Arg a -> loaded.add(new Load(a.index(), i));
        case Const c -> regs[i] = c.bits();
        case Cast c -> {
          DType from = instrs.get(c.arg()).dtype();
          todo.add(new Step(null, from, c.dtype(), c.arg(), 0, 0, i));
        }
        case Apply f -> {
          List<Integer> a = f.args();
          int typed = a.get(f.fn() == Primitive.SELECT ? 1 : 0);
          int y = a.size() > 1 ? a.get(1) : a.get(0);
          int z = a.size() > 2 ? a.get(2) : a.get(0);
          DType from = instrs.get(typed).dtype();
          todo.add(new Step((Primitive) f.fn(), from, f.dtype(), a.get(0), y, z, i));
        }
      }
    }
    loads = loaded.toArray(Load[]::new);
    steps = todo.toArray(Step[]::new);
    results = low.results().stream().mapToInt(x -> x).toArray();
  }

  /// Evaluates with these parameter bits; results are read with [#result(int)].
  public void run(long... params) {
    for (Load l : loads) {
      regs[l.result] = params[l.param];
    }
    for (Step s : steps) {
      Primitive fn = s.fn;
      regs[s.result] =
          fn == null
              ? cast(s.from, s.to, regs[s.x])
              : primitive(fn, s.from, regs[s.x], regs[s.y], regs[s.z]);
    }
  }

  public long result(int i) {
    return regs[results[i]];
  }

  private static float f(long bits) {
    return Float.intBitsToFloat((int) bits);
  }

  private static double d(long bits) {
    return Double.longBitsToDouble(bits);
  }

  private static long b(float v) {
    return Float.floatToRawIntBits(v) & 0xffffffffL;
  }

  private static long b(double v) {
    return Double.doubleToRawLongBits(v);
  }

  /// One primitive on operands of type `t`.
  public static long primitive(Primitive p, DType t, long x, long y, long z) {
    if (p == Primitive.SELECT) {
      return x != 0 ? y : z;
    }
    return switch (t) {
      case F32 -> f32(p, f(x), f(y), f(z), x);
      case F64 -> f64(p, d(x), d(y), d(z), x);
      case BF16 -> {
        float r = f(f32(p, f(x << 16), f(y << 16), f(z << 16), x << 16));
        yield switch (p) {
          case LT, LE, EQ, NE -> f32(p, f(x << 16), f(y << 16), f(z << 16), x << 16);
          default -> bf16Bits(r);
        };
      }
      case I8, I16, I32, I64, U8 -> {
        long r = integer(p, t, x, y, z);
        yield p == Primitive.BITS ? r : wrap(t, r);
      }
      case BOOL -> bool(p, x, y);
      case FRAME -> throw new IllegalArgumentException("no arithmetic on frame handles");
    };
  }

  private static long f32(Primitive p, float x, float y, float z, long bits) {
    return switch (p) {
      case ADD -> b(x + y);
      case SUB -> b(x - y);
      case MUL -> b(x * y);
      case DIV -> b(x / y);
      case FMA -> b(Math.fma(x, y, z));
      case NEG -> bits ^ 0x80000000L;
      case ABS -> bits & 0x7fffffffL;
      case SQRT -> b((float) Math.sqrt(x));
      case MIN -> b(x < y ? x : y);
      case MAX -> b(x > y ? x : y);
      case FLOOR -> b((float) Math.floor(x));
      case ROUND -> b((float) Math.rint(x));
      case LT -> x < y ? 1 : 0;
      case LE -> x <= y ? 1 : 0;
      case EQ -> x == y ? 1 : 0;
      case NE -> x != y ? 1 : 0;
      case BITS -> (int) bits;
      case SELECT, AND, OR, XOR, NOT, SHL, SHR, USHR, POPCOUNT -> throw noSuch(p, DType.F32);
    };
  }

  private static long f64(Primitive p, double x, double y, double z, long bits) {
    return switch (p) {
      case ADD -> b(x + y);
      case SUB -> b(x - y);
      case MUL -> b(x * y);
      case DIV -> b(x / y);
      case FMA -> b(Math.fma(x, y, z));
      case NEG -> bits ^ Long.MIN_VALUE;
      case ABS -> bits & Long.MAX_VALUE;
      case SQRT -> b(Math.sqrt(x));
      case MIN -> b(x < y ? x : y);
      case MAX -> b(x > y ? x : y);
      case FLOOR -> b(Math.floor(x));
      case ROUND -> b(Math.rint(x));
      case LT -> x < y ? 1 : 0;
      case LE -> x <= y ? 1 : 0;
      case EQ -> x == y ? 1 : 0;
      case NE -> x != y ? 1 : 0;
      case BITS -> bits;
      case SELECT, AND, OR, XOR, NOT, SHL, SHR, USHR, POPCOUNT -> throw noSuch(p, DType.F64);
    };
  }

  private static long integer(Primitive p, DType t, long x, long y, long z) {
    int bits = t.bytes() * 8;
    return switch (p) {
      case ADD -> x + y;
      case SUB -> x - y;
      case MUL -> x * y;
      case DIV -> y == 0 ? 0 : x / y;
      case FMA -> x * y + z;
      case NEG -> -x;
      case ABS -> Math.abs(x);
      case MIN -> Math.min(x, y);
      case MAX -> Math.max(x, y);
      case LT -> x < y ? 1 : 0;
      case LE -> x <= y ? 1 : 0;
      case EQ -> x == y ? 1 : 0;
      case NE -> x != y ? 1 : 0;
      case AND -> x & y;
      case OR -> x | y;
      case XOR -> x ^ y;
      case NOT -> ~x;
      case SHL -> y < 0 || y >= bits ? 0 : x << y;
      case SHR -> x >> (y < 0 || y >= bits ? bits - 1 : y);
      case USHR -> y < 0 || y >= bits ? 0 : (x & mask(bits)) >>> y;
      case POPCOUNT -> Long.bitCount(x & mask(bits));
      case FLOOR, ROUND -> x;
      case BITS -> t == DType.I32 ? x & 0xffffffffL : x;
      case SQRT, SELECT -> throw noSuch(p, t);
    };
  }

  private static long bool(Primitive p, long x, long y) {
    return switch (p) {
      case AND -> x & y;
      case OR -> x | y;
      case XOR, NE -> x ^ y;
      case EQ -> x == y ? 1 : 0;
      case NOT -> 1 - x;
      default -> throw noSuch(p, DType.BOOL);
    };
  }

  private static long mask(int bits) {
    return bits == 64 ? -1L : (1L << bits) - 1;
  }

  private static long wrap(DType t, long v) {
    return switch (t) {
      case I8 -> (byte) v;
      case I16 -> (short) v;
      case I32 -> (int) v;
      case U8 -> v & 0xff;
      case I64, F32, F64, BF16, BOOL, FRAME -> v;
    };
  }

  /// Converts stored bits: floats round to nearest even, float to integer truncates and saturates
  /// (NaN gives 0), integers wrap, to bool is `!= 0`.
  public static long cast(DType from, DType to, long bits) {
    if (from == to) {
      return bits;
    }
    if (from.isFloat()) {
      double v = ScalarCode.toDouble(from, bits);
      return switch (to) {
        case F32 -> b((float) v);
        case F64 -> b(v);
        case BF16 -> bf16Bits((float) v);
        case BOOL -> v != 0 ? 1 : 0;
        case I64 -> (long) v;
        case I32 -> (int) v;
        case I8, I16, U8 -> clamp(to, (long) v);
        case FRAME -> throw new IllegalArgumentException("no cast to a frame handle");
      };
    }
    return switch (to) {
      case F32 -> b((float) bits);
      case F64 -> b((double) bits);
      case BF16 -> bf16Bits((float) bits);
      case BOOL -> bits != 0 ? 1 : 0;
      case I8, I16, I32, I64, U8 -> wrap(to, bits);
      case FRAME -> throw new IllegalArgumentException("no cast to a frame handle");
    };
  }

  private static long clamp(DType t, long v) {
    long lo = t == DType.U8 ? 0 : -(1L << (t.bytes() * 8 - 1));
    long hi = t == DType.U8 ? 255 : -lo - 1;
    return Math.max(lo, Math.min(hi, v));
  }

  /// bf16 bits of a float, rounded to nearest even; NaN stays NaN.
  public static long bf16Bits(float v) {
    int bits = Float.floatToRawIntBits(v);
    if (Float.isNaN(v)) {
      return ((bits >>> 16) | 0x40) & 0xffff;
    }
    return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
  }

  private static IllegalArgumentException noSuch(Primitive p, DType t) {
    return new IllegalArgumentException("no primitive " + p.text() + " on " + t.text());
  }
}
