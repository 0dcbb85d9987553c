package dev.retrograde.x64;

import dev.retrograde.ir.Extent;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;

/// The values of a random program so far, and choices among them.
///
/// A value is *exact* if no sum of floats went into it: every target then computes it to the same
/// bits. Ops that jump (comparisons, roundings, positions of maxima) are applied to exact values
/// only, and all integers are exact.
final class RandomPool {
  static final int MOST = 2100;
  private static final int[] SIZES = {1, 2, 3, 7, 16, 17, 33};

  final Random random;
  final Trace t;
  private final List<Tensor> all = new ArrayList<>();
  private final Set<Value> exact = new HashSet<>();
  private int inputs;

  RandomPool(Random random, Trace t) {
    this.random = random;
    this.t = t;
  }

  boolean chance(int one, int of) {
    return random.nextInt(of) < one;
  }

  int number(int... of) {
    return of[random.nextInt(of.length)];
  }

  @SafeVarargs
  final <T> T any(T... of) {
    return of[random.nextInt(of.length)];
  }

  <T> T any(List<? extends T> of) {
    return of.get(random.nextInt(of.size()));
  }

  int size() {
    return chance(1, 40) ? 0 : number(SIZES);
  }

  int[] shape() {
    int[] dims = new int[random.nextInt(5)];
    long n = 1;
    for (int i = 0; i < dims.length; i++) {
      dims[i] = size();
      if (n * dims[i] > MOST) {
        dims[i] = 1;
      }
      n *= Math.max(1, dims[i]);
    }
    return dims;
  }

  List<Tensor> values() {
    return all;
  }

  boolean exact(Tensor x) {
    return exact.contains(x.value());
  }

  static boolean real(Tensor x) {
    return x.dtype() == DType.F32 || x.dtype() == DType.F64;
  }

  static boolean whole(Tensor x) {
    return x.dtype().isInteger();
  }

  /// A value that fits, or null.
  Tensor pick(Predicate<Tensor> fits) {
    List<Tensor> some = all.stream().filter(fits).toList();
    if (some.isEmpty()) {
      return null;
    }
    // Young values twice as often, so that chains grow.
    List<Tensor> young = some.subList(some.size() / 2, some.size());
    return any(chance(1, 2) ? young : some);
  }

  Tensor pickReal() {
    Tensor x = pick(RandomPool::real);
    return x == null ? input(DType.F32, shape()) : x;
  }

  Tensor input(DType d, int... dims) {
    Tensor x = t.input("x" + inputs++, dev.retrograde.ir.Type.of(d, dims));
    put(x, true);
    return x;
  }

  void put(Tensor x, boolean isExact) {
    if (x.type().size() > MOST || x.rank() > 5) {
      return;
    }
    all.add(x);
    if (isExact) {
      exact.add(x.value());
    }
  }

  /// Enters a value computed from these by a function that keeps exactness.
  void put(Tensor x, Tensor... from) {
    put(x, Arrays.stream(from).allMatch(this::exact));
  }

  /// A value of this type and shape made of the elements of another, or a new input.
  Tensor shaped(Tensor x, int... dims) {
    List<Extent> want = Arrays.stream(dims).mapToObj(Extent::of).toList();
    if (x.type().extents().equals(want)) {
      return x;
    }
    long n = Arrays.stream(dims).asLongStream().reduce(1, (a, b) -> a * b);
    if (x.type().size() != n || chance(1, 3)) {
      return input(x.dtype(), dims);
    }
    Tensor y = t.reshape(x, dims);
    put(y, x);
    return y;
  }

  /// Integers from 0 to n - 1 of this shape.
  Tensor index(int n, int... dims) {
    Tensor x = pick(v -> v.dtype() == DType.I32 && Arrays.equals(dims(v), dims));
    if (x == null) {
      x = input(DType.I32, dims);
    }
    Tensor low = t.apply(dev.retrograde.scalar.ScalarFn.Primitive.MAX, x, t.constant(DType.I32, 0));
    Tensor in =
        t.apply(dev.retrograde.scalar.ScalarFn.Primitive.MIN, low, t.constant(DType.I32, n - 1));
    put(in, true);
    return in;
  }

  static int[] dims(Tensor x) {
    return x.type().dims().stream().mapToInt(i -> i).toArray();
  }
}
