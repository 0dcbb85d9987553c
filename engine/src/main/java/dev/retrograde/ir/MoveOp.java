package dev.retrograde.ir;

import dev.retrograde.ir.MapOp.Derivatives;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Ops that make, move or repeat elements without computing on them.
public sealed interface MoveOp extends Op {

  /// Every element has the same stored bits.
  record Fill(Type type, long bits) implements MoveOp {
    @Override
    public List<Type> infer(List<Type> in) {
      return List.of(type);
    }

    @Override
    public boolean free() {
      return true;
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return List.of();
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Derivatives.none(1);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor y = HostTensor.zeros(results.get(0));
      for (int i = 0; i < y.size(); i++) {
        y.setBits(i, bits);
      }
      return List.of(y);
    }

    public double value() {
      return ScalarCode.toDouble(type.dtype(), bits);
    }
  }

  /// A constant tensor.
  record Literal(HostTensor tensor) implements MoveOp {
    @Override
    public List<Type> infer(List<Type> in) {
      return List.of(tensor.type());
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return List.of();
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Derivatives.none(1);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      return List.of(tensor);
    }
  }

  /// Each element is its index along `axis`.
  record Iota(Type type, int axis) implements MoveOp {
    @Override
    public List<Type> infer(List<Type> in) {
      if (axis < 0 || axis >= type.rank()) {
        throw new IllegalArgumentException("axis " + axis + " is not one of " + type);
      }
      return List.of(type);
    }

    @Override
    public boolean free() {
      return true;
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return List.of();
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Derivatives.none(1);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor y = HostTensor.zeros(results.get(0));
      for (int i = 0; i < y.size(); i++) {
        y.set(i, y.index(i)[axis]);
      }
      return List.of(y);
    }
  }

  /// The same elements, row-major, under another shape.
  record Reshape(List<Extent> target) implements MoveOp {
    public Reshape {
      target = List.copyOf(target);
    }

    @Override
    public List<Type> infer(List<Type> in) {
      Type out = in.get(0).with(target);
      if (out.size() != in.get(0).size()) {
        throw new IllegalArgumentException(
            in.get(0) + " has " + in.get(0).size() + " elements, " + out + " has " + out.size());
      }
      if (!Moves.segments(out).equals(Moves.segments(in.get(0)))) {
        throw new IllegalArgumentException(
            "axes of run-time size keep their place: "
                + in.get(0)
                + " does not become "
                + out
                + "; only the axes between them may be reshaped");
      }
      return List.of(out);
    }

    @Override
    public boolean free() {
      return true;
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Moves.linear(cots.get(0), dy -> e.reshape(dy, n.operand(0).type().extents()));
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Moves.linear(tangents.get(0), dx -> e.add(this, dx));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      return List.of(in.get(0).reshaped(results.get(0).dims()));
    }
  }

  /// Result axis i is operand axis `perm[i]`.
  record Transpose(List<Integer> perm) implements MoveOp {
    public Transpose {
      perm = List.copyOf(perm);
    }

    @Override
    public List<Type> infer(List<Type> in) {
      Type t = in.get(0);
      if (perm.size() != t.rank() || !perm.stream().sorted().toList().equals(Emit.allAxes(t))) {
        throw new IllegalArgumentException(perm + " is no permutation of the axes of " + t);
      }
      return List.of(t.with(perm.stream().map(t.extents()::get).toList()));
    }

    /// The permutation that undoes this one.
    public List<Integer> inverse() {
      Integer[] inv = new Integer[perm.size()];
      for (int i = 0; i < inv.length; i++) {
        inv[perm.get(i)] = i;
      }
      return List.of(inv);
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Moves.linear(cots.get(0), dy -> e.add(new Transpose(inverse()), dy));
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Moves.linear(tangents.get(0), dx -> e.add(this, dx));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      return List.of(
          Moves.pull(
              results.get(0),
              in.get(0),
              ix -> {
                int[] from = new int[ix.length];
                for (int i = 0; i < ix.length; i++) {
                  from[perm.get(i)] = ix[i];
                }
                return from;
              }));
    }
  }

  /// Repeats along new axes: operand axis i becomes target axis `axes[i]`.
  record Broadcast(List<Extent> target, List<Integer> axes) implements MoveOp {
    public Broadcast {
      target = List.copyOf(target);
      axes = List.copyOf(axes);
    }

    @Override
    public List<Type> infer(List<Type> in) {
      Type t = in.get(0);
      if (axes.size() != t.rank()) {
        throw new IllegalArgumentException("axes " + axes + " do not name each axis of " + t);
      }
      for (int i = 0; i < axes.size(); i++) {
        if (i > 0 && axes.get(i) <= axes.get(i - 1)) {
          throw new IllegalArgumentException("axes ascend, found " + axes);
        }
        if (axes.get(i) < 0
            || axes.get(i) >= target.size()
            || !target.get(axes.get(i)).equals(t.extents().get(i))) {
          throw new IllegalArgumentException(
              t + " axis " + i + " does not fit axis " + axes.get(i) + " of " + target);
        }
      }
      return List.of(t.with(target));
    }

    @Override
    public boolean free() {
      return true;
    }

    /// Axes of the target that repeat.
    public List<Integer> repeated() {
      List<Integer> r = new ArrayList<>();
      for (int i = 0; i < target.size(); i++) {
        if (!axes.contains(i)) {
          r.add(i);
        }
      }
      return r;
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Moves.linear(cots.get(0), dy -> e.sum(dy, repeated()));
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Moves.linear(tangents.get(0), dx -> e.add(this, dx));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      return List.of(
          Moves.pull(
              results.get(0), in.get(0), ix -> axes.stream().mapToInt(a -> ix[a]).toArray()));
    }
  }

  /// Elements `start + i * stride` along each axis. With an i32 vector as second operand the starts
  /// come from it at run time, clamped so that the slice stays inside.
  record Slice(List<Integer> starts, List<Integer> sizes, List<Integer> strides) implements MoveOp {
    public Slice {
      starts = List.copyOf(starts);
      sizes = List.copyOf(sizes);
      strides = List.copyOf(strides);
    }

    @Override
    public List<Type> infer(List<Type> in) {
      Type t = in.get(0);
      if (starts.size() != t.rank() || sizes.size() != t.rank() || strides.size() != t.rank()) {
        throw new IllegalArgumentException("a slice of " + t + " names each axis once");
      }
      for (int a = 0; a < t.rank(); a++) {
        int last = starts.get(a) + (sizes.get(a) - 1) * strides.get(a);
        if (starts.get(a) < 0
            || strides.get(a) < 1
            || sizes.get(a) < 0
            || starts.get(a) > t.dim(a)
            || (sizes.get(a) > 0 && last >= t.dim(a))) {
          throw new IllegalArgumentException(
              "axis "
                  + a
                  + ": elements "
                  + starts.get(a)
                  + " to "
                  + last
                  + " are not inside "
                  + t.dim(a));
        }
      }
      if (in.size() == 2 && !in.get(1).equals(Type.of(DType.I32, t.rank()))) {
        throw new IllegalArgumentException(
            "run-time starts are i32[" + t.rank() + "], found " + in.get(1));
      }
      List<Extent> extents = new ArrayList<>();
      for (int a = 0; a < t.rank(); a++) {
        boolean all = sizes.get(a) == t.dim(a) && strides.get(a) == 1;
        if (!all && t.extents().get(a) instanceof Extent.Ragged) {
          throw new IllegalArgumentException(
              "axis "
                  + a
                  + " of "
                  + t
                  + " has a run-time size and is sliced whole or not at all; "
                  + "gather its rows");
        }
        extents.add(all ? t.extents().get(a) : Extent.of(sizes.get(a)));
      }
      return List.of(t.with(extents));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      Value dy = cots.get(0);
      if (dy == null) {
        return Derivatives.none(n.operands().size());
      }
      Type t = n.operand(0).type();
      List<@Nullable Value> out = new ArrayList<>();
      if (n.operands().size() == 1) {
        List<Integer> high = new ArrayList<>();
        List<Integer> interior = new ArrayList<>();
        for (int a = 0; a < t.rank(); a++) {
          int span = sizes.get(a) == 0 ? 0 : (sizes.get(a) - 1) * strides.get(a) + 1;
          high.add(t.dim(a) - starts.get(a) - span);
          interior.add(strides.get(a) - 1);
        }
        out.add(e.add(new Pad(starts, high, interior, 0), dy));
      } else {
        out.add(e.add(new Unslice(t, strides), dy, n.operand(1)));
        out.add(null);
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Moves.linear(
          tangents.get(0),
          dx -> n.operands().size() == 1 ? e.add(this, dx) : e.add(this, dx, n.operand(1)));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor x = in.get(0);
      int[] from = new int[x.rank()];
      for (int a = 0; a < from.length; a++) {
        from[a] = in.size() == 1 ? starts.get(a) : Moves.clamp(in.get(1), a, x, sizes, strides);
      }
      return List.of(
          Moves.pull(
              results.get(0),
              x,
              ix -> {
                int[] at = new int[ix.length];
                for (int a = 0; a < at.length; a++) {
                  at[a] = from[a] + ix[a] * strides.get(a);
                }
                return at;
              }));
    }
  }

  /// Zeros of type `type` with the operand written at run-time starts: the transpose of a slice.
  record Unslice(Type type, List<Integer> strides) implements MoveOp {
    public Unslice {
      strides = List.copyOf(strides);
    }

    @Override
    public List<Type> infer(List<Type> in) {
      if (in.size() != 2 || !in.get(1).equals(Type.of(DType.I32, type.rank()))) {
        throw new IllegalArgumentException(
            "run-time starts are i32[" + type.rank() + "], found " + in);
      }
      Type x = in.get(0);
      Slice s = new Slice(strides.stream().map(k -> 0).toList(), x.dims(), strides);
      Type expected = s.infer(List.of(type, in.get(1))).get(0);
      if (!expected.equals(x)) {
        throw new IllegalArgumentException("expected " + expected + ", found " + x);
      }
      return List.of(type);
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      Value dy = cots.get(0);
      if (dy != null) {
        out.set(0, e.add(slice(n), dy, n.operand(1)));
      }
      return out;
    }

    private Slice slice(Node n) {
      List<Integer> zero = strides.stream().map(s -> 0).toList();
      return new Slice(zero, n.operand(0).type().dims(), strides);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Moves.linear(tangents.get(0), dx -> e.add(this, dx, n.operand(1)));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor x = in.get(0);
      HostTensor y = HostTensor.zeros(results.get(0));
      List<Integer> sizes = x.type().dims();
      int[] from = new int[y.rank()];
      for (int a = 0; a < from.length; a++) {
        from[a] = Moves.clamp(in.get(1), a, y, sizes, strides);
      }
      for (int i = 0; i < x.size(); i++) {
        int[] ix = x.index(i);
        for (int a = 0; a < ix.length; a++) {
          ix[a] = from[a] + ix[a] * strides.get(a);
        }
        y.setBits(y.at(ix), x.bits(i));
      }
      return List.of(y);
    }
  }

  /// Puts `low` elements before, `high` after and `interior` between the elements of each axis, all
  /// with the stored bits `bits`. Nothing is cut: the counts are at least 0.
  record Pad(List<Integer> low, List<Integer> high, List<Integer> interior, long bits)
      implements MoveOp {
    public Pad {
      low = List.copyOf(low);
      high = List.copyOf(high);
      interior = List.copyOf(interior);
    }

    @Override
    public List<Type> infer(List<Type> in) {
      Type t = in.get(0);
      if (low.size() != t.rank() || high.size() != t.rank() || interior.size() != t.rank()) {
        throw new IllegalArgumentException("padding of " + t + " names each axis once");
      }
      List<Extent> extents = new ArrayList<>();
      for (int a = 0; a < t.rank(); a++) {
        if (low.get(a) < 0 || high.get(a) < 0 || interior.get(a) < 0) {
          throw new IllegalArgumentException("axis " + a + ": padding counts are at least 0");
        }
        boolean none = low.get(a) == 0 && high.get(a) == 0 && interior.get(a) == 0;
        if (!none && t.extents().get(a) instanceof Extent.Ragged) {
          throw new IllegalArgumentException(
              "axis " + a + " of " + t + " has a run-time size and takes no padding");
        }
        int inner = Math.max(0, t.dim(a) - 1) * interior.get(a);
        extents.add(
            none ? t.extents().get(a) : Extent.of(low.get(a) + high.get(a) + t.dim(a) + inner));
      }
      return List.of(t.with(extents));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Moves.linear(
          cots.get(0),
          dy ->
              e.add(
                  new Slice(
                      low, n.operand(0).type().dims(), interior.stream().map(i -> i + 1).toList()),
                  dy));
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Moves.linear(tangents.get(0), dx -> e.add(new Pad(low, high, interior, 0), dx));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor x = in.get(0);
      HostTensor y = HostTensor.zeros(results.get(0));
      for (int i = 0; i < y.size(); i++) {
        y.setBits(i, bits);
      }
      for (int i = 0; i < x.size(); i++) {
        int[] ix = x.index(i);
        for (int a = 0; a < ix.length; a++) {
          ix[a] = low.get(a) + ix[a] * (interior.get(a) + 1);
        }
        y.setBits(y.at(ix), x.bits(i));
      }
      return List.of(y);
    }
  }

  /// Joins along an axis.
  record Concat(int axis) implements MoveOp {
    @Override
    public List<Type> infer(List<Type> in) {
      int n = 0;
      if (in.isEmpty() || axis < 0 || axis >= in.get(0).rank()) {
        throw new IllegalArgumentException("axis " + axis + " is not one of " + in);
      }
      for (Type t : in) {
        if (in.size() > 1 && t.rank() > axis && t.extents().get(axis) instanceof Extent.Ragged) {
          throw new IllegalArgumentException(
              t + " axis " + axis + " has a run-time size and does not join others");
        }
        if (t.rank() != in.get(0).rank()
            || t.dtype() != in.get(0).dtype()
            || !t.without(List.of(axis)).equals(in.get(0).without(List.of(axis)))) {
          throw new IllegalArgumentException(
              t + " does not join " + in.get(0) + " along axis " + axis);
        }
        n += t.dim(axis);
      }
      List<Extent> e = new ArrayList<>(in.get(0).extents());
      e.set(axis, in.size() == 1 ? e.get(axis) : Extent.of(n));
      return List.of(in.get(0).with(e));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      Value dy = cots.get(0);
      List<@Nullable Value> out = new ArrayList<>();
      int at = 0;
      for (Value x : n.operands()) {
        Type t = x.type();
        if (dy == null) {
          out.add(null);
        } else {
          List<Integer> starts = new ArrayList<>(t.dims().stream().map(d -> 0).toList());
          starts.set(axis, at);
          out.add(e.add(new Slice(starts, t.dims(), t.dims().stream().map(d -> 1).toList()), dy));
        }
        at += t.dim(axis);
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      if (tangents.stream().allMatch(t -> t == null)) {
        return Derivatives.none(1);
      }
      Value[] parts = new Value[tangents.size()];
      for (int i = 0; i < parts.length; i++) {
        Value t = tangents.get(i);
        parts[i] = t == null ? e.zeros(n.operand(i).type()) : t;
      }
      return List.of(e.add(this, parts));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor y = HostTensor.zeros(results.get(0));
      int from = 0;
      for (HostTensor x : in) {
        for (int i = 0; i < x.size(); i++) {
          int[] ix = x.index(i);
          ix[axis] += from;
          y.setBits(y.at(ix), x.bits(i));
        }
        from += x.dim(axis);
      }
      return List.of(y);
    }
  }

  /// Rows of the first operand along axis 0 picked by i32 indices: `[n, r...]` and `[i...]` give
  /// `[i..., r...]`. An index outside is an error in the interpreter and clamped elsewhere.
  record Gather() implements MoveOp {
    @Override
    public List<Type> infer(List<Type> in) {
      if (in.size() != 2 || in.get(1).dtype() != DType.I32 || in.get(0).rank() < 1) {
        throw new IllegalArgumentException("gather takes a table and i32 indices");
      }
      List<Extent> e = new ArrayList<>(in.get(1).extents());
      e.addAll(in.get(0).extents().subList(1, in.get(0).rank()));
      return List.of(in.get(0).with(e));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      Value dy = cots.get(0);
      if (dy != null) {
        out.set(0, e.add(new ScatterAdd(n.operand(0).type().extents()), dy, n.operand(1)));
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Moves.linear(tangents.get(0), dx -> e.add(this, dx, n.operand(1)));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor x = in.get(0);
      HostTensor y = HostTensor.zeros(results.get(0));
      int row = x.dim(0) == 0 ? 0 : x.size() / x.dim(0);
      for (int i = 0; i < in.get(1).size(); i++) {
        int from = Moves.row(in.get(1), i, x.dim(0));
        for (int k = 0; k < row; k++) {
          y.setBits(i * row + k, x.bits(from * row + k));
        }
      }
      return List.of(y);
    }
  }

  /// Zeros of shape `target` with rows of the first operand added at the indices of the second, in
  /// index order: the transpose of [Gather].
  record ScatterAdd(List<Extent> target) implements MoveOp {
    public ScatterAdd {
      target = List.copyOf(target);
    }

    @Override
    public List<Type> infer(List<Type> in) {
      if (in.size() != 2 || in.get(1).dtype() != DType.I32) {
        throw new IllegalArgumentException("scatter-add takes rows and i32 indices");
      }
      if (target.isEmpty()) {
        throw new IllegalArgumentException("scatter-add needs a target with an axis of rows");
      }
      List<Extent> e = new ArrayList<>(in.get(1).extents());
      e.addAll(target.subList(1, target.size()));
      if (!e.equals(in.get(0).extents())) {
        throw new IllegalArgumentException(
            "rows " + in.get(0) + " do not fit indices " + in.get(1) + " into " + target);
      }
      return List.of(in.get(0).with(target));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      Value dy = cots.get(0);
      if (dy != null) {
        out.set(0, e.add(new Gather(), dy, n.operand(1)));
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Moves.linear(tangents.get(0), dx -> e.add(this, dx, n.operand(1)));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor y = HostTensor.zeros(results.get(0));
      int row = y.dim(0) == 0 ? 0 : y.size() / y.dim(0);
      for (int i = 0; i < in.get(1).size(); i++) {
        int to = Moves.row(in.get(1), i, y.dim(0));
        for (int k = 0; k < row; k++) {
          int at = to * row + k;
          if (y.dtype().isFloat()) {
            y.set(at, y.get(at) + in.get(0).get(i * row + k));
          } else {
            y.setWhole(at, y.bits(at) + in.get(0).bits(i * row + k));
          }
        }
      }
      return List.of(y);
    }
  }

  /// What the moves share.
  final class Moves {
    private Moves() {}

    static List<@Nullable Value> linear(
        @Nullable Value v, java.util.function.UnaryOperator<Value> f) {
      List<@Nullable Value> out = new ArrayList<>();
      out.add(v == null ? null : f.apply(v));
      return out;
    }

    /// Run-time extents of a type, each before the number of elements in the static axes that
    /// follow it; the first number is that of the axes before all of them.
    static List<Object> segments(Type t) {
      List<Object> out = new ArrayList<>();
      long n = 1;
      for (Extent e : t.extents()) {
        if (e instanceof Extent.Ragged) {
          out.add(n);
          out.add(e);
          n = 1;
        } else {
          n *= e.capacity();
        }
      }
      if (!out.isEmpty()) {
        out.add(n);
      }
      return out;
    }

    static HostTensor pull(Type type, HostTensor x, java.util.function.UnaryOperator<int[]> from) {
      HostTensor y = HostTensor.zeros(type);
      for (int i = 0; i < y.size(); i++) {
        y.setBits(i, x.bits(x.at(from.apply(y.index(i)))));
      }
      return y;
    }

    static int clamp(
        HostTensor starts, int a, HostTensor in, List<Integer> sizes, List<Integer> strides) {
      int most = in.dim(a) - (sizes.get(a) == 0 ? 0 : (sizes.get(a) - 1) * strides.get(a) + 1);
      return (int) Math.max(0, Math.min(most, starts.get(a)));
    }

    static int row(HostTensor indices, int i, int rows) {
      int r = (int) indices.get(i);
      if (r < 0 || r >= rows) {
        throw new IndexOutOfBoundsException(
            "index " + r + " at position " + i + " is not one of " + rows + " rows");
      }
      return r;
    }
  }
}
