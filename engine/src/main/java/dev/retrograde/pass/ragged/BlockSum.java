package dev.retrograde.pass.ragged;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A product summed over an axis of run-time size, as a loop over blocks of it: as many trips as
/// blocks that the count reaches into, each a product of one block added to what there is. Blocks
/// follow from the capacity, so the order of the sum does; work follows from the count.
///
/// It pays where a block's product outweighs that the result is read and written once a block.
final class BlockSum {
  private static final int MOST_BLOCK = 128;
  private static final int LEAST_BLOCK = 32;
  private static final long LEAST_MACS = 1 << 18;

  private final Emit e;
  private final UnaryOperator<Value> now;
  private final Contract op;
  private final int block;
  private final int capacity;
  private final int leftAxis;
  private final int rightAxis;

  private BlockSum(
      Emit e, UnaryOperator<Value> now, Contract op, int pair, int capacity, int block) {
    this.e = e;
    this.now = now;
    this.op = op;
    this.block = block;
    this.capacity = capacity;
    this.leftAxis = op.leftContract().get(pair);
    this.rightAxis = op.rightContract().get(pair);
  }

  /// The product in blocks, or null where it is better formed at once.
  ///
  /// @param in operands over capacities
  /// @param was their types as they were
  /// @param now a value of the rewritten program for one of the program as it was
  static @Nullable Value of(
      Emit e, UnaryOperator<Value> now, Contract op, List<Value> in, List<Type> was) {
    for (int pair = 0; pair < op.leftContract().size(); pair++) {
      Extent x = was.get(0).extents().get(op.leftContract().get(pair));
      if (x instanceof Extent.Ragged r) {
        int block = block(r.capacity());
        Type y = op.infer(in.stream().map(Value::type).toList()).get(0);
        long macs = op.macs(in.stream().map(Value::type).toList(), List.of(y));
        // Sums of blocks are rounded to the result's type.
        boolean exact = y.dtype() == DType.F32 || y.dtype() == DType.F64;
        if (block > 0 && exact && macs / (r.capacity() / block) >= LEAST_MACS) {
          BlockSum sum = new BlockSum(e, now, op, pair, r.capacity(), block);
          return sum.loop(in, was, y, now.apply(r.count()));
        }
      }
    }
    return null;
  }

  /// The largest part of a capacity that divides it and suits; 0 where none does.
  private static int block(int capacity) {
    for (int b = Math.min(MOST_BLOCK, capacity / 2); b >= LEAST_BLOCK; b--) {
      if (capacity % b == 0) {
        return b;
      }
    }
    return 0;
  }

  private Value loop(List<Value> in, List<Type> was, Type y, Value count) {
    Emit inner = e.nested();
    Value i = inner.parameter(Type.of(DType.I32));
    Value sum = inner.parameter(y);
    Value start = inner.times(i, inner.scalar(DType.I32, block));
    Value left = inner.minus(count, start);
    Value l = part(inner, in.get(0), was.get(0), leftAxis, op.leftContract(), start, left);
    Value r = part(inner, in.get(1), was.get(1), rightAxis, op.rightContract(), start, left);
    Value next = inner.plus(sum, inner.add(op, l, r));
    Block body = new Block(List.of(i, sum), inner.nodes(), List.of(next));
    ControlOp.For loop = new ControlOp.For(capacity / block);
    return e.addAll(loop, List.of(trips(count), e.zeros(y)), List.of(body)).get(0);
  }

  /// Blocks that the count reaches into.
  private Value trips(Value count) {
    ScalarCode.Builder b = new ScalarCode.Builder(List.of(DType.I32));
    int there = b.apply(Primitive.MIN, b.arg(0), b.constant(DType.I32, capacity));
    int up = b.add(there, b.constant(DType.I32, block - 1));
    int trips = b.div(up, b.constant(DType.I32, block));
    return e.add(new MapOp.Map(b.build(List.of(trips))), count);
  }

  /// One block of an operand, zero past what is left of the count.
  private Value part(
      Emit inner, Value x, Type was, int axis, List<Integer> contracted, Value start, Value left) {
    List<Integer> sizes = new ArrayList<>(x.type().dims());
    sizes.set(axis, block);
    List<Integer> zeros = sizes.stream().map(d -> 0).toList();
    List<Integer> ones = sizes.stream().map(d -> 1).toList();
    MoveOp.Slice cut = new MoveOp.Slice(zeros, sizes, ones);
    Value part = inner.add(cut, x, starts(inner, sizes.size(), axis, start));
    List<Extent> extents = new ArrayList<>(was.extents());
    extents.set(axis, new Extent.Ragged(block, left));
    return new Masks(inner, now).past(part, was.with(extents), contracted, 0);
  }

  private static Value starts(Emit inner, int rank, int axis, Value start) {
    Type t = Type.of(DType.I32, rank);
    ScalarCode.Builder b = new ScalarCode.Builder(List.of(DType.I32, DType.I32));
    int here = b.apply(Primitive.EQ, b.arg(0), b.constant(DType.I32, axis));
    int at = b.select(here, b.arg(1), b.constant(DType.I32, 0));
    Value all = inner.broadcast(start, t.extents(), List.of());
    return inner.add(new MapOp.Map(b.build(List.of(at))), inner.add(new MoveOp.Iota(t, 0)), all);
  }
}
