package dev.retrograde.choice.coding;

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
import java.util.function.Function;
import java.util.stream.IntStream;

/// Several short codes in a byte, all of them far apart in the tensor: it is cut into `parts` equal
/// stretches along an axis, and a byte holds one element of each, the first in its lowest bits.
/// Neighbouring bytes are then neighbouring elements, and lanes stay contiguous.
///
/// The axis is the first that `parts` divides. Where there is none, the tensor is flattened and
/// filled up with zeros, which costs a copy on the way in.
///
/// @param type elements that are packed
/// @param parts elements in a byte: 2 or 8
/// @param axis the axis that is cut, or -1 where the tensor is flattened
record Split(Type type, int parts, int axis) {
  static Split of(Type type, int parts) {
    for (int a = 0; a < type.rank(); a++) {
      if (type.dim(a) > 0 && type.dim(a) % parts == 0) {
        return new Split(type, parts, a);
      }
    }
    return new Split(type, parts, -1);
  }

  /// Bytes of the packed tensor.
  long bytes() {
    return Math.ceilDiv(type.size(), parts);
  }

  /// What `f` makes of every element, packed.
  ///
  /// @param values of this type's shape
  /// @param f codes (u8, in the lowest bits) of a stretch, from the same stretch of each value
  Value pack(Emit e, List<Value> values, Function<List<Value>, Value> f) {
    List<Value> codes = new ArrayList<>();
    if (axis < 0) {
      codes.addAll(stretches(e, filled(e, f.apply(values)), 0));
    } else {
      List<List<Value>> cut = values.stream().map(v -> stretches(e, v, axis)).toList();
      for (int p = 0; p < parts; p++) {
        int here = p;
        codes.add(f.apply(cut.stream().map(s -> s.get(here)).toList()));
      }
    }
    ScalarCode.Builder b = new ScalarCode.Builder(codes.stream().map(v -> DType.U8).toList());
    int sum = b.cast(DType.I32, b.arg(0));
    for (int p = 1; p < parts; p++) {
      int one = b.cast(DType.I32, b.arg(p));
      int moved = b.apply(Primitive.SHL, one, b.bits(DType.I32, (long) p * width()));
      sum = b.apply(Primitive.OR, sum, moved);
    }
    return map(e, b.build(List.of(b.cast(DType.U8, sum))), codes);
  }

  /// Every code again, u8 of the values' shape: one tensor in memory.
  Value unpack(Emit e, Value packed) {
    Type t = axis < 0 ? Type.of(DType.U8, parts * packed.type().dim(0)) : type.with(DType.U8);
    int at = Math.max(0, axis);
    List<Extent> apart = new ArrayList<>(packed.type().extents());
    apart.add(at, Extent.of(parts));
    List<Integer> axes = IntStream.range(0, apart.size()).filter(a -> a != at).boxed().toList();
    Value all = e.broadcast(packed, apart, axes);
    Value part = e.add(new MoveOp.Iota(new Type(DType.I32, apart), at));
    ScalarCode.Builder b = new ScalarCode.Builder(List.of(DType.U8, DType.I32));
    int by = b.mul(b.arg(1), b.bits(DType.I32, width()));
    int moved = b.apply(Primitive.USHR, b.cast(DType.I32, b.arg(0)), by);
    int code = b.apply(Primitive.AND, moved, b.bits(DType.I32, (1 << width()) - 1));
    Value codes = map(e, b.build(List.of(b.cast(DType.U8, code))), List.of(all, part));
    Value joined = e.reshape(codes, t.extents());
    if (axis >= 0) {
      return joined;
    }
    List<Integer> size = List.of(Math.toIntExact(type.size()));
    Value valid =
        t.dims().equals(size)
            ? joined
            : e.add(new MoveOp.Slice(List.of(0), size, List.of(1)), joined);
    return e.reshape(valid, type.extents());
  }

  private int width() {
    return 8 / parts;
  }

  private List<Value> stretches(Emit e, Value v, int along) {
    Type t = v.type();
    int n = t.dim(along) / parts;
    List<Integer> sizes = new ArrayList<>(t.dims());
    sizes.set(along, n);
    List<Integer> ones = sizes.stream().map(s -> 1).toList();
    List<Value> out = new ArrayList<>();
    for (int p = 0; p < parts; p++) {
      List<Integer> starts = new ArrayList<>(sizes.stream().map(s -> 0).toList());
      starts.set(along, p * n);
      out.add(e.add(new MoveOp.Slice(starts, sizes, ones), v));
    }
    return out;
  }

  /// Flat, with zeros up to a whole number of bytes.
  private Value filled(Emit e, Value codes) {
    int n = Math.toIntExact(type.size());
    Value flat = e.reshape(codes, n);
    int missing = Math.toIntExact(bytes() * parts) - n;
    return missing == 0
        ? flat
        : e.add(new MoveOp.Pad(List.of(0), List.of(missing), List.of(0), 0), flat);
  }

  private static Value map(Emit e, ScalarCode code, List<Value> args) {
    return e.add(new MapOp.Map(code), args.toArray(Value[]::new));
  }
}
