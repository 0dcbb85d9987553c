package dev.retrograde.pass;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.ReduceOp.Kind;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarFn;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/// Random programs of elementwise ops, reductions, movement and products over awkward sizes, with
/// gradients and state.
///
/// Ops that jump (comparisons, indices of maxima) are applied to exact values only: those that no
/// sum of floats went into, which every target computes to the same bits.
final class RandomPrograms {
  private static final int[] SIZES = {1, 2, 3, 5, 7, 8, 9, 13, 15, 16, 17, 31, 33};
  private static final int[] LONG = {1, 13, 15, 16, 17, 31, 32, 33, 63, 64, 65, 207, 1021, 2050};
  private static final long MOST = 2100;

  private final Random random;
  private final Trace t;
  private final List<Tensor> pool = new ArrayList<>();
  private final Set<Value> exact = new HashSet<>();

  private RandomPrograms(Random random, Trace t) {
    this.random = random;
    this.t = t;
  }

  static Program make(long seed) {
    return Trace.program("random", true, t -> new RandomPrograms(new Random(seed), t).fill());
  }

  private int any(int... of) {
    return of[random.nextInt(of.length)];
  }

  private <T> T any(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private int[] shape() {
    int rank = random.nextInt(4);
    if (rank == 0) {
      return new int[] {any(LONG)};
    }
    int[] dims = new int[rank];
    long size = 1;
    for (int i = 0; i < rank; i++) {
      dims[i] = random.nextInt(40) == 0 ? 0 : rank == 1 ? any(LONG) : any(SIZES);
      if (size * dims[i] > MOST) {
        dims[i] = any(1, 2, 3);
      }
      size *= Math.max(1, dims[i]);
    }
    return dims;
  }

  private void fill() {
    int[] base = shape();
    int inputs = 2 + random.nextInt(2);
    List<Tensor> floats = new ArrayList<>();
    for (int i = 0; i < inputs; i++) {
      DType d = random.nextInt(8) == 0 ? DType.F64 : DType.F32;
      Tensor x = t.input("x" + i, Type.of(d, i == 0 ? base : part(base)));
      floats.add(x);
      exactly(x);
    }
    exactly(t.input("whole", Type.of(any(List.of(DType.I32, DType.U8, DType.BOOL)), part(base))));
    int states = random.nextInt(3);
    for (int i = 0; i < states; i++) {
      Init init = new Init.Uniform(-1, 1);
      Tensor s = t.state("s" + i, Role.PARAMETER, Type.of(DType.F32, part(base)), init);
      floats.add(s);
      exactly(s);
    }
    int steps = 4 + random.nextInt(14);
    for (int i = 0; i < steps; i++) {
      one();
    }
    if (random.nextBoolean()) {
      gradients(floats);
    }
    for (int i = 0; i < 3; i++) {
      t.output("y" + i, any(pool));
    }
    t.output("last", pool.getLast());
    t.phase(Origin.Phase.UPDATE);
    for (int i = 0; i < states; i++) {
      Tensor s = t.stateValue("s" + i);
      List<Tensor> fit = pool.stream().filter(p -> p.type().equals(s.type())).toList();
      t.assign("s" + i, random.nextBoolean() ? any(fit) : t.sub(s, t.mul(any(fit), 0.5)));
    }
  }

  /// The shape itself, or with some axes of size one or missing in front.
  private int[] part(int[] base) {
    int[] dims = base.clone();
    for (int i = 0; i < dims.length; i++) {
      if (random.nextInt(4) == 0) {
        dims[i] = 1;
      }
    }
    int from = random.nextInt(4) == 0 ? random.nextInt(dims.length + 1) : 0;
    return java.util.Arrays.copyOfRange(dims, from, dims.length);
  }

  private void exactly(Tensor x) {
    pool.add(x);
    exact.add(x.value());
  }

  private void add(Tensor x, Tensor... from) {
    if (x.type().size() > MOST) {
      return;
    }
    pool.add(x);
    boolean all = true;
    for (Tensor f : from) {
      all &= exact.contains(f.value());
    }
    if (all) {
      exact.add(x.value());
    }
  }

  private boolean real(Tensor x) {
    return x.dtype().isFloat();
  }

  private Tensor anyReal() {
    return any(pool.stream().filter(this::real).toList());
  }

  private void one() {
    switch (random.nextInt(12)) {
      case 0, 1 -> unary();
      case 2, 3, 4 -> binary();
      case 5, 6 -> reduce();
      case 7 -> jump();
      case 8 -> product();
      case 9 -> cast();
      default -> move();
    }
  }

  private void unary() {
    Tensor x = anyReal();
    ScalarFn f =
        any(
            List.of(
                Primitive.NEG,
                Primitive.ABS,
                Functions.TANH,
                Functions.SIGMOID,
                Functions.RELU,
                Functions.SQUARE,
                Functions.SOFTPLUS,
                Functions.GELU));
    Tensor y = t.apply(f, x);
    add(f == Functions.SQUARE ? t.apply(Functions.TANH, y) : y, x);
  }

  private static boolean fits(Tensor a, Tensor b) {
    int n = Math.min(a.rank(), b.rank());
    return IntStream.rangeClosed(1, n)
        .allMatch(i -> a.dim(-i) == b.dim(-i) || a.dim(-i) == 1 || b.dim(-i) == 1);
  }

  private void binary() {
    Tensor a = anyReal();
    Tensor b = any(pool.stream().filter(x -> real(x) && fits(a, x)).toList());
    List<ScalarFn> all =
        List.of(Primitive.ADD, Primitive.SUB, Primitive.MUL, Functions.MAXIMUM, Functions.MINIMUM);
    add(t.apply(any(all), a, b), a, b);
  }

  private void reduce() {
    Tensor x = anyReal();
    if (x.rank() == 0) {
      return;
    }
    int[] axes = IntStream.range(0, x.rank()).filter(i -> random.nextInt(3) > 0).toArray();
    if (axes.length == 0) {
      axes = new int[] {random.nextInt(x.rank())};
    }
    boolean empty = x.type().size() == 0;
    if (random.nextInt(3) > 0 || empty) {
      Tensor y = t.sum(x, axes);
      pool.add(random.nextBoolean() || empty ? y : t.mean(x, axes));
    } else {
      add(t.max(x, axes), x);
    }
  }

  /// Comparisons and indices, of exact values.
  private void jump() {
    Tensor a = any(pool.stream().filter(x -> exact.contains(x.value()) && real(x)).toList());
    if (random.nextBoolean() && a.rank() > 0 && a.type().size() > 0) {
      int axis = random.nextInt(a.rank());
      add(t.cast(t.argmax(a, axis), DType.F32), a);
      return;
    }
    Tensor b = any(pool.stream().filter(x -> real(x) && exact.contains(x.value())).toList());
    if (fits(a, b)) {
      Tensor less = t.less(a, b);
      if (random.nextBoolean() && less.rank() > 0) {
        int last = less.rank() - 1;
        Kind k = random.nextBoolean() ? Kind.ANY : Kind.ALL;
        add(t.op(new ReduceOp.Reduce(k, List.of(last)), less), a, b);
      }
      add(less, a, b);
      Tensor y = t.select(less, a, t.mul(b, 0.5));
      add(y, a, b);
    }
  }

  private void product() {
    Tensor a = anyReal();
    List<Tensor> fit =
        pool.stream().filter(x -> x.dtype() == a.dtype() && x.rank() > 0 && a.rank() > 0).toList();
    if (fit.isEmpty()) {
      return;
    }
    Tensor b = any(fit);
    for (int i = 0; i < a.rank(); i++) {
      for (int j = 0; j < b.rank(); j++) {
        long size = a.type().size() / Math.max(1, a.dim(i)) * b.type().size();
        if (a.dim(i) == b.dim(j) && size <= 16_000 && a.rank() + b.rank() <= 5) {
          LinearOp.Contract c = new LinearOp.Contract(List.of(), List.of(), List.of(i), List.of(j));
          Tensor y = t.op(c, a, b);
          if (y.type().size() <= MOST) {
            pool.add(t.mul(y, 1.0 / Math.max(1, a.dim(i))));
          }
          return;
        }
      }
    }
  }

  private void cast() {
    Tensor x = any(pool);
    DType to = any(List.of(DType.F32, DType.F32, DType.F64, DType.BF16));
    // Rounding to bf16 jumps.
    if (to != DType.BF16 || exact.contains(x.value())) {
      add(to == DType.BF16 ? t.cast(t.cast(x, to), DType.F32) : t.cast(x, to), x);
    }
  }

  private void move() {
    Tensor x = any(pool);
    int n = x.rank();
    if (n == 0) {
      return;
    }
    List<Integer> dims = x.type().dims();
    switch (random.nextInt(6)) {
      case 0 -> {
        List<Integer> order = new ArrayList<>(IntStream.range(0, n).boxed().toList());
        java.util.Collections.shuffle(order, random);
        add(t.transpose(x, order.toArray(Integer[]::new)), x);
      }
      case 1 -> add(t.reshape(x, Math.toIntExact(x.type().size())), x);
      case 2 -> {
        if (n > 1) {
          int[] two = {dims.get(0), Math.toIntExact(x.type().size() / Math.max(1, dims.get(0)))};
          if (dims.get(0) > 0) {
            add(t.reshape(x, two), x);
          }
        }
      }
      case 3 -> slice(x, dims);
      case 4 -> {
        if (x.dtype() == DType.F32) {
          pad(x, n);
        }
      }
      default -> {
        Tensor y = any(pool.stream().filter(z -> z.type().equals(x.type())).toList());
        add(t.concat(random.nextInt(n), x, y), x, y);
      }
    }
  }

  private void slice(Tensor x, List<Integer> dims) {
    List<Integer> starts = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    List<Integer> strides = new ArrayList<>();
    for (int d : dims) {
      int stride = 1 + random.nextInt(2);
      int start = d == 0 ? 0 : random.nextInt(d);
      int most = (d - start + stride - 1) / stride;
      starts.add(start);
      strides.add(stride);
      sizes.add(most == 0 ? 0 : 1 + random.nextInt(most));
    }
    add(t.op(new MoveOp.Slice(starts, sizes, strides), x), x);
  }

  private void pad(Tensor x, int n) {
    List<Integer> low = new ArrayList<>();
    List<Integer> high = new ArrayList<>();
    List<Integer> between = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      low.add(random.nextInt(3));
      high.add(random.nextInt(3));
      between.add(random.nextInt(4) == 0 ? 1 : 0);
    }
    long bits = HostTensor.scalar(DType.F32, random.nextBoolean() ? 0 : 0.25).bits(0);
    add(t.op(new MoveOp.Pad(low, high, between, bits), x), x);
  }

  /// Gradients of a sum of squares with respect to whatever it depends on.
  private void gradients(List<Tensor> floats) {
    Tensor y = anyReal();
    Tensor loss = t.mean(t.mul(t.cast(y, DType.F32), t.cast(y, DType.F32)));
    if (y.type().size() == 0) {
      return;
    }
    Value one = t.emit().fill(loss.type(), 1);
    List<Value> wrt = floats.stream().map(Tensor::value).toList();
    t.phase(Origin.Phase.BACKWARD);
    Map<Value, Value> found = Reverse.pullback(t.emit(), t.nodes(), Map.of(loss.value(), one), wrt);
    for (int i = 0; i < wrt.size(); i++) {
      Value g = found.get(wrt.get(i));
      if (g != null) {
        t.output("d" + i, new Tensor(g));
        pool.add(new Tensor(g));
      }
    }
  }
}
