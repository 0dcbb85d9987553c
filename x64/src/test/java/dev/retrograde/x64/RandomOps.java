package dev.retrograde.x64;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Program;
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
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Random programs over all families of ops and all types, 20 to 60 nodes and more, with state that
/// they assign, whole or by rows; half of them of floats only, with gradients.
///
/// What the others do is in [RandomMoves] and [RandomSums].
final class RandomOps {
  private final RandomPool pool;
  private final Trace t;
  private final boolean floats;
  private final RandomMoves moves;
  private final RandomSums sums;

  private RandomOps(RandomPool pool, boolean floats) {
    this.pool = pool;
    this.t = pool.t;
    this.floats = floats;
    this.moves = new RandomMoves(pool);
    this.sums = new RandomSums(pool, floats);
  }

  static Program make(long seed) {
    // Neighbouring seeds begin alike otherwise.
    Random random = new Random(new SplittableRandom(seed).nextLong());
    boolean floats = random.nextBoolean();
    return Trace.program(
        "random " + seed, true, t -> new RandomOps(new RandomPool(random, t), floats).fill());
  }

  private void fill() {
    List<Tensor> wrt = new ArrayList<>();
    DType main = pool.any(DType.F32, DType.F32, DType.F64);
    for (int i = 0; i < 3; i++) {
      wrt.add(pool.input(pool.chance(1, 6) ? DType.F32 : main, pool.shape()));
    }
    int states = pool.random.nextInt(3);
    for (int i = 0; i < states; i++) {
      Type type = Type.of(main, pool.shape());
      Tensor s = t.state("s" + i, Role.PARAMETER, type, new Init.Uniform(-1, 1));
      wrt.add(s);
      pool.put(s, true);
    }
    if (!floats) {
      for (DType d : List.of(DType.I32, DType.I64, DType.BOOL, DType.BF16, DType.I8, DType.U8)) {
        pool.input(d, pool.shape());
      }
      pool.put(t.state("count", Role.STATISTIC, Type.of(DType.I32, 7), new Init.Fill(0)), true);
    }
    int least = t.nodes().size() + 20 + pool.random.nextInt(25);
    while (t.nodes().size() < least) {
      one();
    }
    List<Tensor> made = List.copyOf(pool.values());
    if (floats) {
      gradients(wrt);
    }
    for (int i = 0; i < 8; i++) {
      t.output("y" + i, pool.any(made.subList(made.size() / 3, made.size())));
    }
    t.output("last", made.getLast());
    t.phase(Origin.Phase.UPDATE);
    for (int i = 0; i < states; i++) {
      update("s" + i);
    }
    if (!floats) {
      update("count");
    }
  }

  private void update(String name) {
    Tensor s = t.stateValue(name);
    if (s.rank() > 0 && s.dim(0) > 0 && pool.chance(1, 3)) {
      int[] dims = RandomPool.dims(s);
      int k = pool.number(1, 2, 3);
      Tensor at = pool.index(dims[0], k);
      dims[0] = k;
      t.assign(name, pool.input(s.dtype(), dims), at);
      return;
    }
    Tensor v = pool.pick(x -> x.type().equals(s.type()));
    t.assign(name, pool.chance(1, 2) ? v : t.sub(s, t.cast(t.mul(v, 2), s.dtype())));
  }

  private void one() {
    switch (pool.random.nextInt(floats ? 10 : 15)) {
      case 0, 1 -> unary();
      case 2, 3 -> binary();
      case 4, 5 -> sums.one();
      case 6, 7, 8 -> moves.one();
      case 9 -> special();
      case 10, 11 -> integers();
      case 12 -> bools();
      case 13 -> jump();
      default -> cast();
    }
  }

  // Elementwise.

  private void unary() {
    Tensor x = pool.pickReal();
    Tensor above = t.add(t.abs(x), 1);
    Tensor y =
        switch (pool.random.nextInt(6)) {
          case 0 -> t.apply(pool.any(Functions.EXP, Functions.EXPM1), t.neg(t.abs(x)));
          case 1 -> t.apply(pool.any(Functions.LOG, Functions.LOG1P), above);
          case 2 -> t.apply(pool.any(Functions.RSQRT, Functions.RECIPROCAL, Primitive.SQRT), above);
          case 3 -> t.apply(Functions.POW, above, t.apply(Functions.TANH, x));
          case 4 -> t.apply(pool.any(Primitive.NEG, Primitive.ABS, Functions.RELU), x);
          default ->
              t.apply(
                  pool.<ScalarFn>any(
                      Functions.TANH,
                      Functions.SIGMOID,
                      Functions.SOFTPLUS,
                      Functions.SILU,
                      Functions.ERF,
                      Functions.GELU,
                      Functions.SIN,
                      Functions.COS),
                  x);
        };
    pool.put(y, x);
  }

  private static boolean fits(Tensor a, Tensor b) {
    int n = Math.min(a.rank(), b.rank());
    return IntStream.rangeClosed(1, n)
        .allMatch(i -> a.dim(-i) == b.dim(-i) || a.dim(-i) == 1 || b.dim(-i) == 1);
  }

  private void binary() {
    Tensor a = pool.pickReal();
    Tensor b = pool.pick(x -> RandomPool.real(x) && fits(a, x));
    Tensor y =
        switch (pool.random.nextInt(5)) {
          case 0 -> t.div(a, t.add(t.abs(b), 1));
          case 1 -> t.apply(Primitive.FMA, t.apply(Functions.TANH, a), b, a);
          case 2 -> t.mul(t.apply(Functions.SIGMOID, a), b);
          default ->
              t.apply(
                  pool.<ScalarFn>any(
                      Primitive.ADD, Primitive.SUB, Functions.MAXIMUM, Functions.MINIMUM),
                  a,
                  b);
        };
    pool.put(y, a, b);
  }

  private Tensor exactReal() {
    Tensor x = pool.pick(v -> RandomPool.real(v) && pool.exact(v));
    return x == null ? pool.input(DType.F32, pool.shape()) : x;
  }

  private void special() {
    Tensor x = exactReal();
    switch (pool.random.nextInt(4)) {
      case 0 -> pool.put(t.stopGradient(x), x);
      case 1 -> {
        // Straight through: a gradient that is none of the function's.
        pool.put(t.snap(x, pool.number(2, 8)), x);
      }
      case 2 -> {
        Tensor f = pool.pick(y -> y.type().equals(x.type()) && pool.exact(y));
        pool.put(t.couple(x, f, pool.number(8, 12)), x, f);
      }
      default -> {
        Tensor bits = t.uniform(x.type().extents());
        pool.put(bits, true);
      }
    }
  }

  private void integers() {
    Tensor a = pool.pick(RandomPool::whole);
    Tensor b = pool.pick(x -> x.dtype() == a.dtype() && fits(a, x));
    ScalarFn f =
        pool.<ScalarFn>any(
            Primitive.ADD,
            Primitive.SUB,
            Primitive.MUL,
            Primitive.DIV,
            Primitive.MIN,
            Primitive.MAX,
            Primitive.AND,
            Primitive.OR,
            Primitive.XOR,
            Primitive.SHL,
            Primitive.SHR,
            Primitive.USHR,
            Primitive.NEG,
            Primitive.ABS,
            Primitive.NOT,
            Primitive.POPCOUNT);
    pool.put(f.arity() == 1 ? t.apply(f, a) : t.apply(f, a, b), true);
  }

  private void bools() {
    Tensor a = pool.pick(x -> x.dtype() == DType.BOOL);
    if (pool.chance(1, 3)) {
      Tensor x = pool.pick(v -> v.dtype() != DType.BOOL && fits(a, v));
      Tensor y =
          x == null ? null : pool.pick(v -> v.dtype() == x.dtype() && fits(a, v) && fits(x, v));
      if (x != null && y != null) {
        pool.put(t.select(a, x, y), x, y);
      }
      return;
    }
    Tensor b = pool.pick(x -> x.dtype() == DType.BOOL && fits(a, x));
    ScalarFn f = pool.<ScalarFn>any(Primitive.AND, Primitive.OR, Primitive.XOR, Primitive.NOT);
    pool.put(f.arity() == 1 ? t.apply(f, a) : t.apply(f, a, b), true);
  }

  private void jump() {
    Tensor a = pool.pick(x -> pool.exact(x) && x.dtype() != DType.BF16);
    if (RandomPool.real(a) && pool.chance(1, 2)) {
      ScalarFn f = pool.<ScalarFn>any(Primitive.FLOOR, Primitive.ROUND, Functions.SIGN);
      pool.put(t.apply(f, a), true);
      return;
    }
    Tensor b = pool.pick(x -> pool.exact(x) && x.dtype() == a.dtype() && fits(a, x));
    ScalarFn f =
        pool.<ScalarFn>any(
            Primitive.LT,
            Primitive.LE,
            Primitive.EQ,
            Primitive.NE,
            Functions.GREATER,
            Functions.GREATER_EQUAL);
    if (a.dtype() != DType.BOOL) {
      pool.put(t.apply(f, a, b), true);
    }
  }

  private void cast() {
    Tensor x = pool.pick(v -> true);
    if (!pool.exact(x)) {
      pool.put(t.cast(x, pool.any(DType.F32, DType.F64)), x);
      return;
    }
    if (x.dtype() == DType.F32 && pool.chance(1, 4)) {
      pool.put(t.apply(Primitive.BITS, x), true);
      return;
    }
    DType to =
        pool.any(
            DType.F32,
            DType.F64,
            DType.BF16,
            DType.I8,
            DType.I16,
            DType.I32,
            DType.I64,
            DType.U8,
            DType.BOOL);
    Tensor y = t.cast(x, to);
    boolean large = to.isFloat() && RandomPool.whole(x);
    pool.put(large ? t.mul(y, 1.0 / 8) : y, x);
  }

  /// Gradients of a mean of squares in whatever it depends on.
  private void gradients(List<Tensor> wrt) {
    Tensor y = pool.pick(x -> RandomPool.real(x) && x.type().size() > 0);
    if (y == null) {
      return;
    }
    Tensor loss = t.mean(t.mul(y, y));
    Value one = t.emit().fill(loss.type(), 1);
    t.phase(Origin.Phase.BACKWARD);
    List<Value> values = wrt.stream().map(Tensor::value).toList();
    Map<Value, Value> found =
        Reverse.pullback(t.emit(), t.nodes(), Map.of(loss.value(), one), values);
    for (int i = 0; i < values.size(); i++) {
      Value g = found.get(values.get(i));
      if (g != null) {
        t.output("d" + i, new Tensor(g));
        pool.put(new Tensor(g), false);
      }
    }
  }
}
