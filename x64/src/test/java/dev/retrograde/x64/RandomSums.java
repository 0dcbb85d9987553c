package dev.retrograde.x64;

import dev.retrograde.ir.BitOp;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.LinalgOp;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.ReduceOp.Kind;
import dev.retrograde.ir.WindowOp;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Ops of a random program that combine elements: reductions, products, convolutions, windows,
/// orders, small linear algebra.
final class RandomSums {
  private final RandomPool pool;
  private final Trace t;
  private final boolean floats;

  RandomSums(RandomPool pool, boolean floats) {
    this.pool = pool;
    this.t = pool.t;
    this.floats = floats;
  }

  void one() {
    switch (pool.random.nextInt(11)) {
      case 0, 1, 2 -> reduce();
      case 3 -> running();
      case 4, 5, 6 -> product();
      case 7 -> convolution();
      case 8 -> window();
      case 9 -> order();
      default -> linalg();
    }
  }

  private void reduce() {
    Tensor x = pool.pick(v -> v.rank() > 0 && v.dtype() != DType.BF16);
    if (x == null) {
      return;
    }
    int[] some = IntStream.range(0, x.rank()).filter(i -> pool.chance(1, 2)).toArray();
    int[] axes = some.length == 0 ? new int[] {pool.random.nextInt(x.rank())} : some;
    List<Integer> list = IntStream.of(axes).boxed().toList();
    boolean empty = list.stream().anyMatch(a -> x.dim(a) == 0);
    if (x.dtype() == DType.BOOL) {
      pool.put(t.op(new ReduceOp.Reduce(pool.any(Kind.ANY, Kind.ALL), list), x), true);
      return;
    }
    switch (pool.random.nextInt(4)) {
      case 0 -> {
        if (!empty) {
          Kind kind = pool.any(Kind.MAX, Kind.MIN);
          pool.put(t.op(new ReduceOp.Reduce(kind, list), x), x);
        }
      }
      case 1 -> {
        if (pool.exact(x)) {
          pool.put(t.argmax(x, axes[0]), true);
        }
      }
      default -> {
        Tensor y = t.sum(x, axes);
        long n = Math.max(1, x.type().size() / Math.max(1, y.type().size()));
        pool.put(x.dtype().isFloat() ? t.mul(y, 1.0 / n) : y, !x.dtype().isFloat());
      }
    }
  }

  private void running() {
    Tensor x = pool.pick(v -> v.rank() > 0 && (RandomPool.real(v) || v.dtype() == DType.I32));
    if (x != null) {
      int axis = pool.random.nextInt(x.rank());
      Tensor y = t.op(new ReduceOp.CumulativeSum(axis, pool.chance(1, 2), pool.chance(1, 2)), x);
      pool.put(
          x.dtype().isFloat() ? t.mul(y, 1.0 / Math.max(1, x.dim(axis))) : y, !x.dtype().isFloat());
    }
  }

  /// A product over one or two axes, perhaps with a batch axis, of whatever fits.
  private void product() {
    Tensor a =
        pool.pick(v ->
            v.rank() > 0
                && v.rank() < 5
                && (RandomPool.real(v) || (!floats && RandomPool.whole(v))));
    if (a == null) {
      return;
    }
    Tensor b = pool.pick(v -> v.dtype() == a.dtype() && shares(a, v));
    if (b == null || pool.chance(1, 3)) {
      b = pool.input(a.dtype(), other(a));
    }
    List<List<Integer>> pairs = pairs(a, b);
    int n = Math.min(pairs.size(), 1 + pool.random.nextInt(3));
    boolean batch = n > 1 && pool.chance(1, 2);
    List<Integer> left = new ArrayList<>();
    List<Integer> right = new ArrayList<>();
    for (int i = batch ? 1 : 0; i < n; i++) {
      left.add(pairs.get(i).get(0));
      right.add(pairs.get(i).get(1));
    }
    List<Integer> none = List.of();
    Contract c =
        new Contract(
            batch ? List.of(pairs.get(0).get(0)) : none,
            batch ? List.of(pairs.get(0).get(1)) : none,
            left,
            right);
    long size = c.infer(List.of(a.type(), b.type())).get(0).size();
    long terms = 1;
    for (int k : left) {
      terms *= Math.max(1, a.dim(k));
    }
    if (size > RandomPool.MOST || size * terms > 60_000) {
      return;
    }
    if (RandomPool.whole(a)) {
      boolean bits = pool.chance(1, 2);
      pool.put(
          t.op(bits ? new BitOp.BitContract(pool.any(BitOp.Kind.values()), c) : c, a, b), true);
    } else {
      pool.put(t.mul(t.op(c, a, b), 1.0 / terms), false);
    }
  }

  private int[] other(Tensor a) {
    int k = a.dim(pool.random.nextInt(a.rank()));
    int n = pool.size();
    return pool.chance(1, 2) ? new int[] {k, n} : new int[] {n, k};
  }

  private static boolean shares(Tensor a, Tensor b) {
    return !pairs(a, b).isEmpty();
  }

  /// Axes of equal size, each used once.
  private static List<List<Integer>> pairs(Tensor a, Tensor b) {
    List<List<Integer>> out = new ArrayList<>();
    List<Integer> used = new ArrayList<>();
    for (int i = 0; i < a.rank(); i++) {
      for (int j = 0; j < b.rank(); j++) {
        if (a.dim(i) == b.dim(j) && !used.contains(j)) {
          out.add(List.of(i, j));
          used.add(j);
          break;
        }
      }
    }
    return out;
  }

  private Geometry geometry(int groups) {
    return new Geometry(
        pool.number(1, 2, 3),
        pool.number(1, 3),
        pool.number(1, 1, 2),
        pool.number(1, 1, 2, 3),
        pool.number(0, 1),
        pool.number(0, 1, 2),
        pool.number(0, 1),
        pool.number(0, 1),
        pool.number(1, 1, 2),
        1,
        groups);
  }

  private Tensor image(int channels) {
    Tensor x = pool.pick(v -> RandomPool.real(v) && v.rank() == 4);
    if (x != null && x.dim(3) == channels && x.dim(1) > 4 && x.dim(2) > 2) {
      return x;
    }
    return pool.shaped(
        pool.pickReal(), pool.number(1, 2), pool.number(5, 7), pool.number(3, 8), channels);
  }

  private void convolution() {
    int groups = pool.number(1, 1, 1, 2, 3);
    int ci = groups * pool.number(1, 2, 3, 8);
    int co = groups * pool.number(1, 3, 7, 16, 17);
    Geometry g = geometry(groups);
    Tensor x = image(ci);
    Tensor f = pool.input(x.dtype(), co, g.kernelH(), g.kernelW(), ci / groups);
    double scale = 1.0 / (g.kernelH() * g.kernelW() * ci);
    Tensor y = t.mul(t.op(new LinearOp.Conv(g), x, f), scale);
    pool.put(y, false);
    Tensor dy = pool.input(x.dtype(), RandomPool.dims(y));
    if (pool.chance(1, 3)) {
      pool.put(t.mul(t.op(new LinearOp.ConvDataGrad(g, x.type().extents()), dy, f), scale), false);
    }
    if (pool.chance(1, 3)) {
      double all = 1.0 / Math.max(1, y.type().size());
      pool.put(t.mul(t.op(new LinearOp.ConvFilterGrad(g, f.type().extents()), x, dy), all), false);
    }
  }

  private void window() {
    Tensor x = image(pool.number(1, 3, 8, 17));
    Geometry g = geometry(1);
    List<Extent> images = x.type().extents();
    if (pool.chance(1, 2)) {
      Tensor y = t.op(new WindowOp.WindowSum(g), x);
      pool.put(y, false);
      pool.put(t.op(new WindowOp.WindowSpread(g, images), y), false);
      return;
    }
    if (!pool.exact(x)) {
      return;
    }
    List<Tensor> y = t.ops(new WindowOp.WindowMax(g), x);
    // A window that lies in the padding has no largest element.
    pool.put(
        t.apply(dev.retrograde.scalar.Functions.MAXIMUM, y.get(0), t.constant(x.dtype(), -9)), x);
    pool.put(y.get(1), true);
    pool.put(t.op(new WindowOp.WindowPick(g), x, y.get(1)), true);
    Tensor dy = pool.input(x.dtype(), RandomPool.dims(y.get(0)));
    pool.put(t.op(new WindowOp.WindowUnpick(g, images), dy, y.get(1)), false);
  }

  private void order() {
    Tensor x = pool.pick(v -> v.rank() > 0 && v.dtype() != DType.BOOL && v.dtype() != DType.BF16);
    if (x == null) {
      return;
    }
    int n = x.dim(-1);
    int[] dims = RandomPool.dims(x);
    if (pool.chance(1, 2)) {
      List<Tensor> y =
          pool.chance(1, 2)
              ? t.ops(new OrderOp.Sort(pool.chance(1, 2)), x)
              : t.ops(new OrderOp.TopK(Extent.of(pool.random.nextInt(n + 1))), x);
      pool.put(y.get(0), x);
      if (pool.exact(x)) {
        pool.put(y.get(1), true);
      }
    } else if (n > 0) {
      dims[dims.length - 1] = pool.number(1, 3);
      Tensor at = pool.index(n, dims);
      Tensor y = t.op(new OrderOp.Take(), x, at);
      pool.put(y, x);
      pool.put(t.op(new OrderOp.Untake(Extent.of(n)), y, at), !x.dtype().isFloat());
    }
  }

  /// A well-conditioned triangle and a solution.
  private void linalg() {
    int n = pool.number(1, 2, 3, 7);
    int m = pool.number(1, 3);
    Tensor a = pool.shaped(pool.pickReal(), 2, n, n);
    Contract square = new Contract(List.of(0), List.of(0), List.of(2), List.of(2));
    Tensor small = t.apply(dev.retrograde.scalar.Functions.TANH, a);
    Tensor eye =
        t.cast(
            t.equal(
                t.op(new dev.retrograde.ir.MoveOp.Iota(a.type().with(DType.I32), 1)),
                t.op(new dev.retrograde.ir.MoveOp.Iota(a.type().with(DType.I32), 2))),
            a.dtype());
    Tensor l =
        t.op(new LinalgOp.Cholesky(), t.add(t.op(square, small, small), t.mul(eye, n + 1.0)));
    pool.put(l, false);
    Tensor b = pool.input(a.dtype(), 2, n, m);
    pool.put(t.op(new LinalgOp.TriangularSolve(true, pool.chance(1, 2)), l, b), false);
  }
}
