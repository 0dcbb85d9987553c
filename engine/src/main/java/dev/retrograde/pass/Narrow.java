package dev.retrograde.pass;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarCode.Builder;
import dev.retrograde.scalar.ScalarCode.Instr;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;

/// Makes wrapping and rounding to narrow types visible as arithmetic of the wide types in which
/// registers hold them: a value that never goes through memory then has the bits it would have
/// there.
final class Narrow {
  private Narrow() {}

  /// Code with the same results, in which a conversion to a narrow type changes nothing any more.
  static ScalarCode explicit(ScalarCode code) {
    ScalarCode low = code.lowered();
    if (low.instrs().stream().noneMatch(Narrow::narrows)) {
      return low;
    }
    Builder b = new Builder(low.params());
    List<Integer> at = new ArrayList<>();
    for (Instr i : low.instrs()) {
      at.add(
          switch (i) {
            case ScalarCode.Arg a -> b.arg(a.index());
            case ScalarCode.Const c -> b.bits(c.dtype(), c.bits());
            case ScalarCode.Cast c -> {
              int x = at.get(c.arg());
              yield narrows(c) ? cast(b, c.dtype(), x) : b.cast(c.dtype(), x);
            }
            case ScalarCode.Apply a -> {
              List<Integer> args = a.args().stream().map(at::get).toList();
              Primitive p = (Primitive) a.fn();
              yield narrows(a) ? apply(b, a.dtype(), p, args) : b.apply(p, args);
            }
          });
    }
    return b.build(low.results().stream().map(at::get).toList());
  }

  private static boolean narrow(DType d) {
    return switch (d) {
      case I8, I16, U8, BF16 -> true;
      case F32, F64, I32, I64, BOOL, FRAME -> false;
    };
  }

  private static boolean narrows(Instr i) {
    return switch (i) {
      case ScalarCode.Arg a -> false;
      case ScalarCode.Const c -> false;
      case ScalarCode.Cast c -> narrow(c.dtype());
      case ScalarCode.Apply a -> narrow(a.dtype());
    };
  }

  private static int cast(Builder b, DType to, int x) {
    if (to == DType.BF16) {
      return rounded(b, b.cast(DType.F32, x));
    }
    int whole = b.cast(DType.I32, x);
    return b.dtype(x).isFloat() ? clamped(b, to, whole) : wrapped(b, to, whole);
  }

  private static int apply(Builder b, DType d, Primitive p, List<Integer> args) {
    switch (p) {
      case SELECT, MIN, MAX -> {
        return b.apply(p, args); // one of the operands, which are narrow already
      }
      default -> {}
    }
    if (d == DType.BF16) {
      return rounded(b, b.cast(DType.F32, b.apply(p, args)));
    }
    if (p == Primitive.USHR || p == Primitive.POPCOUNT) {
      List<Integer> wide = new ArrayList<>(args.stream().map(x -> b.cast(DType.I32, x)).toList());
      int mask = b.bits(DType.I32, d.bytes() == 1 ? 0xff : 0xffff);
      wide.set(0, b.apply(Primitive.AND, List.of(wide.get(0), mask)));
      return wrapped(b, d, b.apply(p, wide));
    }
    return wrapped(b, d, b.cast(DType.I32, b.apply(p, args)));
  }

  private static int wrapped(Builder b, DType d, int x) {
    int w;
    if (d == DType.U8) {
      w = b.apply(Primitive.AND, List.of(x, b.bits(DType.I32, 0xff)));
    } else {
      int by = b.bits(DType.I32, 32 - 8L * d.bytes());
      w = b.apply(Primitive.SHR, List.of(b.apply(Primitive.SHL, List.of(x, by)), by));
    }
    return b.cast(d, w);
  }

  private static int clamped(Builder b, DType d, int x) {
    int low = d == DType.U8 ? 0 : -(1 << (8 * d.bytes() - 1));
    int high = d == DType.U8 ? 255 : -low - 1;
    int up = b.apply(Primitive.MAX, List.of(x, b.bits(DType.I32, low)));
    return b.cast(d, b.apply(Primitive.MIN, List.of(up, b.bits(DType.I32, high))));
  }

  /// To the nearest number of 8 significant bits, ties to even, by adding just below half of what
  /// is cut off, one more where the last bit kept is odd.
  private static int rounded(Builder b, int x) {
    int bits = b.apply(Primitive.BITS, List.of(x));
    int shift = b.bits(DType.I32, 16);
    int last = b.apply(Primitive.USHR, List.of(bits, shift));
    int odd = b.apply(Primitive.AND, List.of(last, b.bits(DType.I32, 1)));
    int half = b.apply(Primitive.ADD, List.of(bits, b.bits(DType.I32, 0x7fff)));
    int sum = b.apply(Primitive.ADD, List.of(half, odd));
    int cut = b.apply(Primitive.AND, List.of(sum, b.bits(DType.I32, -65536)));
    int nan = b.apply(Primitive.NE, List.of(x, x));
    int y = b.apply(Primitive.SELECT, List.of(nan, x, b.apply(Primitive.BITS, List.of(cut))));
    return b.cast(DType.BF16, y);
  }
}
