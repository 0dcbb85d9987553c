package dev.retrograde.choice.coding;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.ReduceOp.Kind;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Whole numbers of 8 or 4 bits on a grid that spans each channel (last axis), rounded at random so
/// that the mean is right: with lo and hi the extremes of the channel and `step = (hi - lo) /
/// (2^bits - 1)`, the code is `floor((v - lo) / step + u)` for u drawn from 0 to below 1, and
/// stands for `lo + step * code`. Kept are the codes, lo and step; a channel without spread comes
/// back as it was. Where a channel holds NaN or infinity, its step is no number and all of it comes
/// back so.
///
/// Stochastic rounding of saved values to a grid follows Chakrabarti and Moseley, "Backprop with
/// approximate activations for memory-efficient network training", and Chen et al., "ActNN" (arXiv
/// 2104.14129); unlike the latter the grid is per channel and not per group of values of one
/// sample, so that backward reads two numbers a channel.
///
/// @param bits 8 or 4; codes of 4 bits lie two in a byte
public record Quantising(int bits) implements Code {
  public Quantising {
    if (bits != 8 && bits != 4) {
      throw new IllegalArgumentException("codes have 8 or 4 bits, found " + bits);
    }
  }

  @Override
  public @Nullable String refuses(Type type) {
    if (type.ragged() || type.size() == 0) {
      return "it has no elements, or how many is known only at run time";
    }
    return type.dtype() == DType.F32 || type.dtype() == DType.F64
        ? null
        : "only f32 and f64 are rounded to a grid";
  }

  /// Codes (u8), lo and step of each channel.
  @Override
  public List<Value> encode(Emit e, Value v, Draw draw) {
    Type t = v.type();
    Code.check(this, t);
    Value lo = extreme(e, v, Kind.MIN);
    Value step = step(e, lo, extreme(e, v, Kind.MAX));
    Value rows = Uniform.rows(e, t, draw);
    Value inverse = e.over(e.fill(step.type(), 1), step);
    List<Value> all =
        List.of(
            v,
            e.broadcast(lo, t.extents(), channel(t)),
            e.broadcast(inverse, t.extents(), channel(t)),
            e.broadcast(rows, t.extents(), IntStream.range(0, rows.type().rank()).boxed().toList()),
            places(e, t));
    Value codes = bits == 8 ? codes(e, all) : Split.of(t, 2).pack(e, all, some -> codes(e, some));
    return List.of(codes, lo, step);
  }

  @Override
  public Value decode(Emit e, List<Value> kept, Type type) {
    Value codes = bits == 8 ? kept.get(0) : Split.of(type, 2).unpack(e, kept.get(0));
    ScalarCode.Builder b = new ScalarCode.Builder(List.of(DType.U8, type.dtype(), type.dtype()));
    int code = b.cast(type.dtype(), b.cast(DType.I32, b.arg(0)));
    ScalarCode value = b.build(List.of(b.fma(code, b.arg(2), b.arg(1))));
    return e.add(
        new MapOp.Map(value),
        codes,
        e.broadcast(kept.get(1), type.extents(), channel(type)),
        e.broadcast(kept.get(2), type.extents(), channel(type)));
  }

  @Override
  public long bytes(Type type) {
    long codes = bits == 8 ? type.size() : Split.of(type, 2).bytes();
    return codes + 2L * type.dtype().bytes() * (type.rank() < 2 ? 1 : type.dim(type.rank() - 1));
  }

  /// The axis of channels; a vector is one channel.
  private static List<Integer> channel(Type t) {
    return t.rank() < 2 ? List.of() : List.of(t.rank() - 1);
  }

  /// Where on the last axis each element is.
  private static Value places(Emit e, Type t) {
    Type whole = t.with(DType.I32);
    return t.rank() == 0 ? e.zeros(whole) : e.add(new MoveOp.Iota(whole, t.rank() - 1));
  }

  /// Of each channel. First within the elements of the first axis: those are shared out to threads.
  private static Value extreme(Emit e, Value v, Kind kind) {
    int rank = v.type().rank();
    if (rank < 3) {
      return reduce(e, v, kind, rank == 0 ? List.of() : List.of(0));
    }
    List<Integer> inner = IntStream.range(1, rank - 1).boxed().toList();
    return reduce(e, reduce(e, v, kind, inner), kind, List.of(0));
  }

  private static Value reduce(Emit e, Value v, Kind kind, List<Integer> axes) {
    return axes.isEmpty() ? v : e.add(new ReduceOp.Reduce(kind, axes), v);
  }

  /// The grid's step, never so small that it has no inverse.
  private Value step(Emit e, Value lo, Value hi) {
    DType d = lo.type().dtype();
    ScalarCode.Builder b = new ScalarCode.Builder(List.of(d, d));
    int span = b.div(b.sub(b.arg(1), b.arg(0)), b.constant(d, (1 << bits) - 1));
    int least = b.constant(d, d == DType.F32 ? Float.MIN_NORMAL : Double.MIN_NORMAL);
    // The second operand where either is NaN: a step that is no number stays so.
    int step = b.apply(Primitive.MAX, least, span);
    // Times zero, an infinite span is no number either.
    int shown = b.fma(span, b.constant(d, 0), step);
    return e.add(new MapOp.Map(b.build(List.of(shown))), lo, hi);
  }

  /// Codes from value, lo, inverse of the step, and the two parts of the random number.
  private Value codes(Emit e, List<Value> in) {
    DType d = in.get(0).type().dtype();
    List<DType> params = new ArrayList<>(in.stream().map(v -> v.type().dtype()).toList());
    ScalarCode.Builder b = new ScalarCode.Builder(params);
    int at = b.mul(b.sub(b.arg(0), b.arg(1)), b.arg(2));
    int up = Uniform.element(b, b.arg(3), b.arg(4));
    int sum = b.fma(b.cast(d, up), b.constant(d, Uniform.UNIT), at);
    // A cast cuts off what follows the point, and clamps to the 256 codes of a byte.
    int code = bits == 8 ? sum : b.apply(Primitive.MIN, sum, b.constant(d, (1 << bits) - 1));
    return e.add(new MapOp.Map(b.build(List.of(b.cast(DType.U8, code)))), in.toArray(Value[]::new));
  }
}
