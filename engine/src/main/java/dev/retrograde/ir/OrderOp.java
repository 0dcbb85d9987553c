package dev.retrograde.ir;

import dev.retrograde.ir.MapOp.Derivatives;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Ordering and selecting. Positions are i32; equal elements keep the order of their positions, and
/// NaN comes after every number, whichever the direction.
public sealed interface OrderOp extends Op {

  /// The `k` largest elements along the last axis, largest first, and their positions. `k` is
  /// static or a count known at run time, which must not exceed the elements that are there.
  record TopK(Extent k) implements OrderOp {
    @Override
    public List<Type> infer(List<Type> in) {
      Type x = Order.ordered(in.get(0));
      Extent last = x.extents().get(x.rank() - 1);
      if (k.capacity() > last.capacity()) {
        throw new IllegalArgumentException(
            "the largest " + k + " of " + last + " elements of " + x + " are asked for");
      }
      if (last instanceof Extent.Ragged && k instanceof Extent.Static) {
        throw new IllegalArgumentException(
            "the last axis of "
                + x
                + " has a run-time size and may hold fewer than "
                + k
                + " elements; give k as a run-time count, the smaller of both");
      }
      Type y = Order.last(x, k);
      return List.of(y, y.with(DType.I32));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Order.back(e, n, cots);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Order.forward(e, n, tangents);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      return Order.sort(in.get(0), true, results);
    }
  }

  /// The elements along the last axis in order, and the positions they came from. Stable.
  record Sort(boolean descending) implements OrderOp {
    @Override
    public List<Type> infer(List<Type> in) {
      Type x = Order.ordered(in.get(0));
      return List.of(x, x.with(DType.I32));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Order.back(e, n, cots);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Order.forward(e, n, tangents);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      return Order.sort(in.get(0), descending, results);
    }
  }

  /// Elements of the last axis picked by positions: `[b..., n]` and i32 `[b..., k]` give `[b...,
  /// k]`.
  record Take() implements OrderOp {
    @Override
    public List<Type> infer(List<Type> in) {
      Order.positions(in);
      return List.of(in.get(0).with(in.get(1).extents()));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      Value dy = cots.get(0);
      if (dy != null) {
        Type x = n.operand(0).type();
        out.set(0, e.add(new Untake(x.extents().get(x.rank() - 1)), dy, n.operand(1)));
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return MoveOp.Moves.linear(tangents.get(0), dx -> e.add(this, dx, n.operand(1)));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor y = HostTensor.zeros(results.get(0));
      int from = in.get(0).dim(in.get(0).rank() - 1);
      int k = y.dim(y.rank() - 1);
      for (int i = 0; i < y.size(); i++) {
        y.setBits(i, in.get(0).bits(i / k * from + MoveOp.Moves.row(in.get(1), i, from)));
      }
      return List.of(y);
    }
  }

  /// Zeros of `[b..., n]` with the elements of `[b..., k]` added at positions: the transpose of
  /// [Take].
  record Untake(Extent n) implements OrderOp {
    @Override
    public List<Type> infer(List<Type> in) {
      Order.positions(in);
      if (!in.get(0).extents().equals(in.get(1).extents())) {
        throw new IllegalArgumentException(
            "elements " + in.get(0) + " and positions " + in.get(1) + " differ in shape");
      }
      return List.of(Order.last(in.get(0), n));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node node, List<@Nullable Value> cots, List<Boolean> wanted) {
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      Value dy = cots.get(0);
      if (dy != null) {
        out.set(0, e.add(new Take(), dy, node.operand(1)));
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node node, List<@Nullable Value> tangents) {
      return MoveOp.Moves.linear(tangents.get(0), dx -> e.add(this, dx, node.operand(1)));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor y = HostTensor.zeros(results.get(0));
      HostTensor x = in.get(0);
      int to = y.dim(y.rank() - 1);
      int k = x.dim(x.rank() - 1);
      for (int i = 0; i < x.size(); i++) {
        int at = i / k * to + MoveOp.Moves.row(in.get(1), i, to);
        if (y.dtype().isFloat()) {
          y.set(at, y.get(at) + x.get(i));
        } else {
          y.setWhole(at, y.bits(at) + x.bits(i));
        }
      }
      return List.of(y);
    }
  }

  /// Positions of the true elements of a bool vector, ascending. The extent's count says how many
  /// are wanted: usually the number of true ones, never more.
  record Compact(Extent count) implements OrderOp {
    @Override
    public List<Type> infer(List<Type> in) {
      Type x = in.get(0);
      if (x.dtype() != DType.BOOL || x.rank() != 1) {
        throw new IllegalArgumentException("expected a bool vector, found " + x);
      }
      if (count.capacity() > x.dim(0)) {
        throw new IllegalArgumentException(
            "room for " + count.capacity() + " positions of " + x.dim(0) + " elements");
      }
      return List.of(new Type(DType.I32, List.of(count)));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Derivatives.none(1);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Derivatives.none(1);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor y = HostTensor.zeros(results.get(0));
      int[] at = IntStream.range(0, in.get(0).size()).filter(i -> in.get(0).bits(i) != 0).toArray();
      if (at.length < y.size()) {
        throw new IllegalStateException(
            "the count asks for "
                + y.size()
                + " positions, but only "
                + at.length
                + " elements are true; count them with a sum");
      }
      for (int i = 0; i < y.size(); i++) {
        y.set(i, at[i]);
      }
      return List.of(y);
    }
  }

  /// What the ordering ops share.
  final class Order {
    private Order() {}

    static Type ordered(Type x) {
      if (x.rank() < 1 || x.dtype() == DType.BOOL || x.dtype() == DType.FRAME) {
        throw new IllegalArgumentException("expected numbers along a last axis, found " + x);
      }
      return x;
    }

    static Type last(Type t, Extent n) {
      List<Extent> e = new ArrayList<>(t.extents());
      e.set(e.size() - 1, n);
      return t.with(e);
    }

    static void positions(List<Type> in) {
      Type x = in.get(0);
      if (in.size() != 2
          || x.rank() < 1
          || in.get(1).dtype() != DType.I32
          || in.get(1).rank() != x.rank()
          || !x.extents()
              .subList(0, x.rank() - 1)
              .equals(in.get(1).extents().subList(0, x.rank() - 1))) {
        throw new IllegalArgumentException(
            "expected elements [b..., n] and i32 positions [b..., k], found " + in);
      }
    }

    static List<@Nullable Value> back(Emit e, Node n, List<@Nullable Value> cots) {
      Type x = n.operand(0).type();
      return MoveOp.Moves.linear(
          cots.get(0),
          dy -> e.add(new Untake(x.extents().get(x.rank() - 1)), dy, n.results().get(1)));
    }

    static List<@Nullable Value> forward(Emit e, Node n, List<@Nullable Value> tangents) {
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      Value dx = tangents.get(0);
      if (dx != null) {
        out.set(0, e.add(new Take(), dx, n.results().get(1)));
      }
      return out;
    }

    static List<HostTensor> sort(HostTensor x, boolean descending, List<Type> results) {
      HostTensor y = HostTensor.zeros(results.get(0));
      HostTensor at = HostTensor.zeros(results.get(1));
      int n = x.dim(x.rank() - 1);
      int k = y.dim(y.rank() - 1);
      if (k > n) {
        throw new IllegalStateException(
            "the largest " + k + " are asked for, but only " + n + " elements are there");
      }
      int rows = y.size() == 0 ? 0 : y.size() / k;
      for (int row = 0; row < rows; row++) {
        int base = row * n;
        Comparator<Integer> byValue = (a, b) -> compare(x, base + a, base + b, descending);
        List<Integer> order = IntStream.range(0, n).boxed().sorted(byValue).toList();
        for (int i = 0; i < k; i++) {
          y.setBits(row * k + i, x.bits(base + order.get(i)));
          at.set(row * k + i, order.get(i));
        }
      }
      return List.of(y, at);
    }

    private static int compare(HostTensor x, int a, int b, boolean descending) {
      if (!x.dtype().isFloat()) {
        int c = Long.compare(x.bits(a), x.bits(b));
        return descending ? -c : c;
      }
      double u = x.get(a);
      double v = x.get(b);
      if (Double.isNaN(u) || Double.isNaN(v)) {
        return Boolean.compare(Double.isNaN(u), Double.isNaN(v));
      }
      int c = u < v ? -1 : u > v ? 1 : 0;
      return descending ? -c : c;
    }
  }
}
