package dev.retrograde.autodiff;

import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Callable;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Programs of nested control flow from a seed: branches, counted and conditional loops, scans,
/// recursive functions, over scalars, a vector and a matrix.
///
/// All functions used are smooth and bounded, and predicates compare with numbers that the values
/// meet with probability zero, so that central differences of a step of 1e-5 stay on one path but
/// for a few seeds in a million.
final class RandomControl {
  private static final DType F = DType.F64;
  private static final Type REAL = Type.of(F);
  private static final Type INT = Type.of(DType.I32);

  private final Random random;
  private final Trace t;
  private final Control c;
  private final Map<String, Tensor> in;
  private final List<Tensor> visible = new ArrayList<>();
  private int functions;
  private int budget = 10;

  private RandomControl(long seed, Trace t, Map<String, Tensor> in) {
    // Random's first numbers are alike for seeds that are.
    this.random = new Random((seed + 1) * 0x9E3779B97F4A7C15L);
    this.t = t;
    this.c = new Control(t);
    this.in = in;
  }

  static GradientCheck check(long seed) {
    Random r = new Random(seed * 31 + 7);
    return GradientCheck.of((t, in) -> new RandomControl(seed, t, in).loss())
        .input("x", HostTensor.scalar(F, r.nextDouble() - 0.5))
        .input("y", HostTensor.scalar(F, r.nextDouble() - 0.5))
        .input("xs", HostTensor.fill(Type.of(F, 3), i -> r.nextDouble() - 0.5))
        .state("w", HostTensor.fill(Type.of(F, 2, 2), i -> r.nextDouble() - 0.5))
        .state("b", HostTensor.scalar(F, r.nextDouble() - 0.5));
  }

  private Tensor loss() {
    visible.addAll(List.of(in.get("x"), in.get("y"), in.get("b")));
    Tensor v = expression(4);
    Tensor all = t.add(t.add(in.get("x"), in.get("y")), t.add(t.sum(in.get("xs")), in.get("b")));
    return t.add(t.mul(v, expression(4)), t.add(all, t.sum(t.mul(in.get("w"), in.get("w")))));
  }

  private Tensor some() {
    return visible.get(random.nextInt(visible.size()));
  }

  /// A scalar made of visible ones.
  private Tensor expression(int depth) {
    if (depth == 0 || budget <= 0) {
      return plain();
    }
    budget--;
    return switch (random.nextInt(8)) {
      case 0, 1 -> branch(depth);
      case 2 -> counted(depth);
      case 3 -> conditional(depth);
      case 4 -> scan(depth);
      case 5 -> recursion(depth);
      default -> keep(t.mul(expression(depth - 1), t.add(plain(), 0.7)));
    };
  }

  private Tensor keep(Tensor v) {
    visible.add(v);
    return v;
  }

  private Tensor plain() {
    Tensor a = some();
    return keep(
        switch (random.nextInt(6)) {
          case 0 -> t.apply(Functions.SIN, t.add(a, some()));
          case 1 -> t.apply(Functions.TANH, t.mul(a, some()));
          case 2 -> t.add(t.mul(a, 0.6), some());
          case 3 -> product(a);
          case 4 -> t.mul(t.constant(F, random.nextDouble()), a);
          default -> t.apply(Functions.SIN, t.mul(t.mul(a, some()), 1.3));
        });
  }

  /// A product with the matrix.
  private Tensor product(Tensor a) {
    Tensor row = t.concat(0, t.reshape(a, 1), t.reshape(some(), 1));
    return t.apply(Functions.TANH, t.sum(t.matmul(t.reshape(row, 1, 2), in.get("w"))));
  }

  private Tensor predicate(Tensor a) {
    return t.less(a, t.constant(F, random.nextDouble() - 0.5));
  }

  /// A body: what it makes is visible inside only.
  private Tensor inside(List<Tensor> more, int depth) {
    int mark = visible.size();
    visible.addAll(more);
    Tensor out = t.apply(Functions.TANH, t.add(expression(depth), t.mul(some(), 0.5)));
    visible.subList(mark, visible.size()).clear();
    return out;
  }

  private Tensor branch(int depth) {
    List<Tensor> r =
        c.cond(
            predicate(some()),
            () -> List.of(inside(List.of(), depth - 1), some()),
            () -> List.of(some(), inside(List.of(), depth - 1)));
    return keep(t.add(r.get(0), t.mul(r.get(1), 0.8)));
  }

  private Tensor counted(int depth) {
    List<Tensor> r =
        c.forLoop(
            t.constant(DType.I32, random.nextInt(5)),
            List.of(some(), plain()),
            (i, v) -> {
              Tensor at = t.mul(t.cast(i, F), 0.2);
              Tensor a = inside(List.of(v.get(0), v.get(1), at), depth - 1);
              return List.of(a, random.nextBoolean() ? v.get(0) : t.mul(v.get(1), 0.9));
            });
    return keep(t.add(r.get(0), r.get(1)));
  }

  private Tensor conditional(int depth) {
    int most = random.nextInt(5);
    double stop = random.nextDouble() * 0.8;
    List<Tensor> r =
        c.whileLoop(
            100,
            List.of(plain(), t.constant(DType.I32, 0)),
            v ->
                t.apply(
                    dev.retrograde.scalar.ScalarFn.Primitive.AND,
                    t.less(v.get(1), t.constant(DType.I32, most)),
                    t.less(v.get(0), t.constant(F, stop))),
            v -> List.of(inside(List.of(v.get(0)), depth - 1), t.add(v.get(1), 1)));
    return keep(r.get(0));
  }

  private Tensor scan(int depth) {
    Stepped s =
        c.scan(
            Extent.of(3),
            random.nextBoolean(),
            List.of(some()),
            List.of(in.get("xs")),
            (i, v, x) -> {
              Tensor h = inside(List.of(v.get(0), x.get(0)), depth - 1);
              return new Stepped(List.of(h), List.of(t.mul(h, x.get(0))));
            });
    return keep(t.add(s.carried().get(0), t.sum(s.rows().get(0))));
  }

  /// A function of (n, a) that calls itself once or twice with n - 1.
  private Tensor recursion(int depth) {
    Callable f = c.function("f" + functions++, false, List.of(INT, REAL), List.of(REAL));
    List<Tensor> outside = new ArrayList<>(visible);
    visible.clear();
    visible.addAll(List.of(in.get("x"), in.get("y"), in.get("b")));
    boolean twice = random.nextBoolean();
    f.define(a ->
        c.cond(
            t.less(a.get(0), t.constant(DType.I32, 1)),
            () -> List.of(a.get(1)),
            () -> {
              Tensor n = t.add(a.get(0), -1);
              Tensor first = f.call(n, inside(List.of(a.get(1)), depth - 1)).get(0);
              Tensor second = twice ? f.call(n, t.mul(first, 0.5)).get(0) : first;
              return List.of(t.apply(Functions.SIN, t.add(second, t.mul(a.get(1), in.get("b")))));
            }));
    visible.clear();
    visible.addAll(outside);
    return keep(f.call(t.constant(DType.I32, random.nextInt(3)), some()).get(0));
  }
}
