package dev.retrograde.x64;

import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.RowOp;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/// Ops of a random program that move elements: views, their chains, joins, and rows by position.
final class RandomMoves {
  private final RandomPool pool;
  private final Trace t;

  RandomMoves(RandomPool pool) {
    this.pool = pool;
    this.t = pool.t;
  }

  void one() {
    Tensor x = pool.pick(v -> true);
    switch (pool.random.nextInt(11)) {
      case 0 -> pool.put(transposed(x), x);
      case 1, 2 -> reshape(x);
      case 3 -> broadcast(x);
      case 4, 5 -> slice(x);
      case 6 -> pad(x);
      case 7 -> concat(x);
      case 8 -> rows(x);
      case 9 -> parts(x);
      default -> constant(x);
    }
  }

  private Tensor transposed(Tensor x) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, x.rank()).boxed().toList());
    Collections.shuffle(order, pool.random);
    return t.transpose(x, order.toArray(Integer[]::new));
  }

  /// Merges neighbouring axes, or cuts one in two.
  private void reshape(Tensor x) {
    List<Integer> dims = new ArrayList<>(x.type().dims());
    if (dims.size() > 1 && pool.chance(1, 2)) {
      int at = pool.random.nextInt(dims.size() - 1);
      dims.set(at, dims.get(at) * dims.get(at + 1));
      dims.remove(at + 1);
    } else if (!dims.isEmpty()) {
      int at = pool.random.nextInt(dims.size());
      int d = dims.get(at);
      int[] factors = IntStream.rangeClosed(1, Math.max(1, d)).filter(k -> d % k == 0).toArray();
      int f = pool.number(factors);
      dims.set(at, d / f);
      dims.add(at + pool.random.nextInt(2), f);
    } else {
      dims.add(1);
    }
    pool.put(t.op(new MoveOp.Reshape(extents(dims)), x), x);
  }

  private static List<Extent> extents(List<Integer> dims) {
    return dims.stream().map(Extent::of).toList();
  }

  private void broadcast(Tensor x) {
    List<Integer> dims = new ArrayList<>(x.type().dims());
    List<Integer> axes = new ArrayList<>();
    int at = pool.random.nextInt(dims.size() + 1);
    for (int i = 0; i < dims.size(); i++) {
      axes.add(i < at ? i : i + 1);
    }
    dims.add(at, pool.size());
    if (dims.stream().mapToLong(d -> d).reduce(1, (a, b) -> a * b) <= RandomPool.MOST) {
      pool.put(t.op(new MoveOp.Broadcast(extents(dims), axes), x), x);
    }
  }

  private void slice(Tensor x) {
    List<Integer> starts = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    List<Integer> strides = new ArrayList<>();
    for (int d : x.type().dims()) {
      int stride = pool.number(1, 1, 2, 3);
      int start = d == 0 || pool.chance(1, 2) ? 0 : pool.random.nextInt(d);
      int most = (d - start + stride - 1) / stride;
      starts.add(start);
      strides.add(stride);
      sizes.add(most == 0 ? 0 : pool.chance(1, 30) ? 0 : 1 + pool.random.nextInt(most));
    }
    if (x.rank() > 0 && pool.chance(1, 4)) {
      int most =
          IntStream.range(0, x.rank())
              .map(i -> x.dim(i) - Math.max(0, (sizes.get(i) - 1) * strides.get(i)))
              .min()
              .orElse(1);
      Tensor at = pool.index(Math.max(1, most), x.rank());
      List<Integer> zero = Collections.nCopies(x.rank(), 0);
      Tensor y = t.op(new MoveOp.Slice(zero, sizes, strides), x, at);
      pool.put(y, x);
      pool.put(t.op(new MoveOp.Unslice(x.type(), strides), y, at), x);
      return;
    }
    pool.put(t.op(new MoveOp.Slice(starts, sizes, strides), x), x);
  }

  private void pad(Tensor x) {
    List<Integer> low = new ArrayList<>();
    List<Integer> high = new ArrayList<>();
    List<Integer> between = new ArrayList<>();
    for (int i = 0; i < x.rank(); i++) {
      low.add(pool.random.nextInt(3));
      high.add(pool.random.nextInt(3));
      between.add(pool.chance(1, 5) ? 1 : 0);
    }
    long bits = x.dtype() == DType.BOOL ? 1 : ScalarCode.bitsOf(x.dtype(), pool.number(0, 1));
    pool.put(t.op(new MoveOp.Pad(low, high, between, bits), x), x);
  }

  private void concat(Tensor x) {
    if (x.rank() == 0) {
      return;
    }
    int axis = pool.random.nextInt(x.rank());
    List<Tensor> parts = new ArrayList<>(List.of(x));
    for (int i = 0; i < 2; i++) {
      Tensor y =
          pool.pick(v ->
              v.dtype() == x.dtype()
                  && v.rank() == x.rank()
                  && v.type().without(List.of(axis)).equals(x.type().without(List.of(axis))));
      parts.add(pool.random.nextInt(parts.size() + 1), y);
    }
    Tensor[] all = parts.toArray(Tensor[]::new);
    pool.put(t.concat(axis, all), all);
  }

  private void rows(Tensor x) {
    if (x.rank() == 0 || x.dim(0) == 0) {
      return;
    }
    int n = x.dim(0);
    int[] where = pool.any(new int[] {pool.size()}, new int[] {2, 3}, new int[] {});
    Tensor at = pool.index(n, where);
    Tensor y = t.op(new MoveOp.Gather(), x, at);
    pool.put(y, x);
    if (x.dtype() == DType.BOOL || where.length != 1) {
      return;
    }
    if (pool.chance(1, 2)) {
      pool.put(t.op(new RowOp.SetRows(), x, y, at), x);
    } else {
      Tensor sum = t.op(new MoveOp.ScatterAdd(x.type().extents()), y, at);
      // Floats that are added jump when they are rounded to bf16.
      if (x.dtype() != DType.BF16) {
        pool.put(sum, !x.dtype().isFloat());
      }
    }
  }

  /// A value cut in two, each part changed, and put together again.
  private void parts(Tensor x) {
    if (x.rank() == 0 || x.dim(-1) < 2 || !RandomPool.real(x)) {
      return;
    }
    int[] dims = RandomPool.dims(x);
    int cut = 1 + pool.random.nextInt(dims[dims.length - 1] - 1);
    List<Integer> starts = new ArrayList<>(Collections.nCopies(dims.length, 0));
    List<Integer> left = new ArrayList<>(Arrays.stream(dims).boxed().toList());
    List<Integer> right = new ArrayList<>(left);
    left.set(dims.length - 1, cut);
    Tensor a = t.slice(x, List.copyOf(starts), left);
    starts.set(dims.length - 1, cut);
    right.set(dims.length - 1, dims[dims.length - 1] - cut);
    Tensor b = t.slice(x, starts, right);
    pool.put(t.concat(x.rank() - 1, t.mul(b, 0.5), t.neg(a)), x);
  }

  private void constant(Tensor x) {
    switch (pool.random.nextInt(3)) {
      case 0 -> {
        if (x.rank() > 0) {
          DType d = pool.any(DType.I32, DType.F32);
          Type type = x.type().with(d);
          Tensor y = t.op(new MoveOp.Iota(type, pool.random.nextInt(x.rank())));
          pool.put(d == DType.F32 ? t.mul(y, 1.0 / 16) : y, true);
        }
      }
      case 1 -> {
        HostTensor h = HostTensor.fill(x.type(), i -> i % 5 - 1);
        pool.put(new Tensor(t.emit().literal(h)), true);
      }
      default -> pool.put(t.zeros(x.type()), true);
    }
  }
}
