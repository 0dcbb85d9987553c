package dev.retrograde.pass.ragged;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
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

/// Elements past a count replaced: `select(index < count, x, other)`, one elementwise node. A
/// selection, not a product: what lies past the count may be NaN.
final class Masks {
  private final Emit e;
  private final UnaryOperator<Value> now;

  /// @param now a value of the rewritten program for one of the program as it was
  Masks(Emit e, UnaryOperator<Value> now) {
    this.e = e;
    this.now = now;
  }

  Value now(Value v) {
    return now.apply(v);
  }

  /// The type with capacities for run-time sizes.
  static Type whole(Type t) {
    return t.ragged() ? t.with(whole(t.extents())) : t;
  }

  static List<Extent> whole(List<Extent> extents) {
    return extents.stream().map(x -> Extent.of(x.capacity())).toList();
  }

  /// The count of an axis in the rewritten program, or null for one of static size.
  @Nullable Value count(Type was, int axis) {
    return switch (was.extents().get(axis)) {
      case Extent.Ragged r -> now.apply(r.count());
      case Extent.Static _ -> null;
    };
  }

  /// `x` with these stored bits past the counts of some axes; `x` itself where none has one.
  ///
  /// @param was the type of `x` as it was
  Value past(Value x, Type was, List<Integer> axes, long bits) {
    List<Integer> ragged = axes.stream().filter(a -> count(was, a) != null).toList();
    if (ragged.isEmpty()) {
      return x;
    }
    List<Value> operands = indices(x.type(), was, ragged);
    operands.add(x);
    ScalarCode.Builder b = builder(operands);
    int inside = inside(b, ragged.size());
    int value = b.arg(operands.size() - 1);
    DType d = x.type().dtype();
    int result;
    if (d == DType.BOOL) {
      result =
          bits == 0
              ? b.apply(Primitive.AND, inside, value)
              : b.apply(Primitive.OR, b.apply(Primitive.NOT, inside), value);
    } else {
      result = b.select(inside, value, b.bits(d, bits));
    }
    return e.add(new MapOp.Map(b.build(List.of(result))), operands.toArray(Value[]::new));
  }

  /// A matrix in the last two axes, continued past their common count by the identity: what its
  /// triangle solves and what factors it gives are those of the part below the count.
  Value identityPast(Value x, Type was) {
    int rank = was.rank();
    if (count(was, rank - 1) == null) {
      return x;
    }
    List<Value> operands = indices(x.type(), was, List.of(rank - 2, rank - 1));
    operands.add(x);
    ScalarCode.Builder b = builder(operands);
    DType d = x.type().dtype();
    int diagonal = b.apply(Primitive.EQ, b.arg(0), b.arg(2));
    int other = b.select(diagonal, b.constant(d, 1), b.constant(d, 0));
    int result = b.select(inside(b, 2), b.arg(4), other);
    return e.add(new MapOp.Map(b.build(List.of(result))), operands.toArray(Value[]::new));
  }

  /// Index and count along each of these axes, in turn, at every element of `type`.
  private List<Value> indices(Type type, Type was, List<Integer> axes) {
    List<Value> out = new ArrayList<>();
    for (int a : axes) {
      Value count = count(was, a);
      if (count == null) {
        throw new AssertionError("axis " + a + " of " + was + " has no count");
      }
      out.add(e.add(new MoveOp.Iota(type.with(DType.I32), a)));
      out.add(e.broadcast(count, type.extents(), List.of()));
    }
    return out;
  }

  private static ScalarCode.Builder builder(List<Value> operands) {
    return new ScalarCode.Builder(operands.stream().map(v -> v.type().dtype()).toList());
  }

  private static int inside(ScalarCode.Builder b, int axes) {
    int all = b.less(b.arg(0), b.arg(1));
    for (int i = 1; i < axes; i++) {
      all = b.apply(Primitive.AND, all, b.less(b.arg(2 * i), b.arg(2 * i + 1)));
    }
    return all;
  }
}
