package dev.retrograde.x64;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.BitOp;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinalgOp;
import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.ReduceOp.Kind;
import dev.retrograde.ir.RowOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Kept;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Selection;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Programs over axes of run-time size, each op that takes one among them. Each has an input `n`,
/// the count, from 0 to the capacity: [#CAPACITY], or [#LONG] where kernels run in blocks.
final class SizePrograms {
  static final int CAPACITY = 21;
  static final int LONG = 128;

  private static final Type WHOLE = Type.of(DType.I32);
  private static final Geometry SQUARE = Geometry.square(3, 1, 1);

  private final Trace t;
  private final Control c;
  private final Tensor n;
  private final Extent rows;

  private SizePrograms(Trace t, int capacity) {
    this.t = t;
    this.c = new Control(t);
    this.n = t.input("n", WHOLE);
    this.rows = new Extent.Ragged(capacity, n.value());
  }

  private static Map<String, Program> programs(
      int capacity, Map<String, Consumer<SizePrograms>> bodies) {
    Map<String, Program> out = new LinkedHashMap<>();
    bodies.forEach((name, body) ->
        out.put(name, Trace.program(name, true, t -> body.accept(new SizePrograms(t, capacity)))));
    return out;
  }

  private Type type(DType d, Object... extents) {
    return new Type(
        d,
        Arrays.stream(extents)
            .map(x -> x instanceof Integer i ? Extent.of(i) : (Extent) x)
            .toList());
  }

  private Tensor f32(String name, Object... extents) {
    return t.input(name, type(DType.F32, extents));
  }

  private static Contract contract(List<Integer> l, List<Integer> r) {
    return new Contract(List.of(), List.of(), l, r);
  }

  /// Outputs, and the gradients of their squares' sum for these inputs.
  private void gradients(Tensor y, Tensor... inputs) {
    t.output("y", y);
    Value loss = t.sum(t.mul(y, y)).value();
    Map<String, Value> named = new LinkedHashMap<>();
    for (int i = 0; i < inputs.length; i++) {
      named.put("d" + i, inputs[i].value());
    }
    Reverse.gradients(t.emit(), t.nodes(), loss, named)
        .forEach((name, g) -> t.output(name, new Tensor(g)));
  }

  static Map<String, Program> all() {
    Map<String, Consumer<SizePrograms>> m = new LinkedHashMap<>();
    elementwise(m);
    moves(m);
    reductions(m);
    products(m);
    images(m);
    orders(m);
    selections(m);
    others(m);
    control(m);
    return programs(CAPACITY, m);
  }

  /// Programs of [#LONG] rows, of which kernels run the part that counts.
  static Map<String, Program> blocks() {
    Map<String, Consumer<SizePrograms>> m = new LinkedHashMap<>();
    m.put(
        "a layer",
        p -> {
          Tensor x = p.f32("x", p.rows, 40);
          Tensor w = p.f32("w", 40, 50);
          p.gradients(p.t.apply(Functions.TANH, p.t.matmul(x, w)), x, w);
        });
    m.put(
        "a product of rows",
        p -> {
          Tensor x = p.f32("x", p.rows, 32);
          Tensor w = p.f32("w", 3, 32);
          p.t.output("few", p.t.op(contract(List.of(1), List.of(1)), x, w));
          Tensor v = p.f32("v", 32);
          p.t.output("one", p.t.op(contract(List.of(1), List.of(0)), x, v));
          p.t.output("turned", p.t.op(contract(List.of(0), List.of(1)), v, x));
        });
    m.put(
        "a batch of products",
        p -> {
          Tensor a = p.f32("a", p.rows, 3, 8);
          Tensor b = p.f32("b", p.rows, 8, 5);
          Contract k = new Contract(List.of(0), List.of(0), List.of(2), List.of(1));
          p.gradients(p.t.op(k, a, b), a, b);
        });
    m.put(
        "sums over many rows",
        p -> {
          Tensor a = p.f32("a", p.rows, 2, 40);
          Tensor b = p.f32("b", 60, p.rows, 2);
          Tensor y = p.t.op(contract(List.of(0, 1), List.of(1, 2)), a, b);
          p.t.output("y", y);
          p.t.output("beside", p.t.sum(a, 1));
          p.t.output("within", p.t.sum(a, 2));
          p.t.output("over", p.t.sum(a, 0));
        });
    m.put(
        "images",
        p -> {
          Tensor x = p.f32("x", p.rows, 4, 4, 2);
          Tensor f = p.f32("f", 9, 3, 3, 2);
          Tensor y = p.t.maxPool(p.t.relu(p.t.conv2d(x, f, SQUARE)), Geometry.square(2, 2, 0));
          p.gradients(y, x, f);
        });
    m.put(
        "a loop",
        p -> {
          Tensor x = p.f32("x", p.rows, 16);
          Tensor w = p.f32("w", 16, 16);
          Tensor y =
              p.c
                  .forLoop(
                      p.t.constant(DType.I32, 3),
                      List.of(x),
                      (i, k) -> List.of(p.t.apply(Functions.TANH, p.t.matmul(k.get(0), w))))
                  .get(0);
          p.gradients(y, x, w);
        });
    m.put(
        "chosen rows",
        p -> {
          Tensor x = p.f32("x", LONG, 24);
          Tensor w = p.f32("w", 24, 24);
          Tensor number = p.t.op(new MoveOp.Iota(Type.of(DType.I32, LONG), 0));
          Selection s = Selection.compact(p.t, p.t.less(number, p.n));
          Tensor y = p.t.relu(p.t.matmul(s.gather(p.t, x), w));
          p.gradients(s.scatter(p.t, y, LONG), x, w);
        });
    return programs(LONG, m);
  }

  private static void elementwise(Map<String, Consumer<SizePrograms>> m) {
    m.put(
        "elementwise",
        p -> {
          Tensor x = p.f32("x", p.rows, 7);
          p.gradients(p.t.apply(Functions.TANH, p.t.mul(x, x)), x);
        });
    m.put(
        "made of nothing",
        p -> {
          Tensor i = p.t.op(new MoveOp.Iota(p.type(DType.F32, p.rows, 5), 0));
          Tensor k = p.t.op(new MoveOp.Iota(p.type(DType.F32, 5, p.rows), 1));
          Tensor ones = p.t.op(new MoveOp.Fill(p.type(DType.I32, p.rows), 1));
          p.t.output("y", p.t.mul(i, 2));
          p.t.output("sums", p.t.sum(k, 1));
          p.t.output("count", p.t.sum(ones));
        });
    m.put(
        "couplings",
        p -> {
          Tensor x = p.f32("x", p.rows, 3);
          Tensor s = p.t.snap(x, 16);
          p.gradients(p.t.couple(s, p.t.stopGradient(p.t.mul(s, 0.5)), 16), x);
        });
    m.put(
        "random bits",
        p -> {
          p.t.output("rows", p.t.randomBits(p.type(DType.I32, p.rows, 3).extents()));
          p.t.output("columns", p.t.randomBits(p.type(DType.I32, 3, p.rows).extents()));
          p.t.output("both", p.t.randomBits(p.type(DType.I32, p.rows, 2, p.rows).extents()));
        });
  }

  private static void moves(Map<String, Consumer<SizePrograms>> m) {
    m.put(
        "views",
        p -> {
          Tensor x = p.f32("x", p.rows, 4, 6);
          Tensor flat = p.t.op(new MoveOp.Reshape(p.type(DType.F32, p.rows, 24).extents()), x);
          Tensor turned = p.t.transpose(flat, 1, 0);
          Tensor part = p.t.slice(x, List.of(0, 1, 2), List.of(CAPACITY, 2, 3));
          p.t.output("turned", p.t.mul(turned, 2));
          p.t.output("part", part);
          p.gradients(p.t.add(p.t.sum(part, 1, 2), p.t.sum(turned, 0)), x);
        });
    m.put(
        "padding and joins",
        p -> {
          Tensor x = p.f32("x", p.rows, 4);
          Tensor wide = p.t.op(new MoveOp.Pad(List.of(0, 1), List.of(0, 2), List.of(0, 1), 0), x);
          p.gradients(p.t.concat(1, wide, p.t.mul(x, x)), x);
        });
    m.put(
        "run-time starts",
        p -> {
          Tensor x = p.f32("x", p.rows, 6);
          Tensor at = p.t.input("at", Type.of(DType.I32, 2));
          MoveOp.Slice s = new MoveOp.Slice(List.of(0, 0), List.of(CAPACITY, 3), List.of(1, 1));
          p.gradients(p.t.op(s, x, at), x);
        });
    m.put(
        "a vector along the axis",
        p -> {
          Tensor x = p.f32("x", 5, p.rows);
          Tensor b = p.f32("b", p.rows);
          p.gradients(p.t.sum(p.t.mul(x, b), 1), x, b);
        });
  }

  private static void reductions(Map<String, Consumer<SizePrograms>> m) {
    m.put(
        "sums",
        p -> {
          Tensor x = p.f32("x", p.rows, 3, p.rows);
          p.t.output("first", p.t.sum(x, 0));
          p.t.output("last", p.t.sum(x, 2));
          p.t.output("middle", p.t.sum(x, 1));
          p.t.output("ends", p.t.sum(x, 0, 2));
          p.gradients(p.t.sum(x), x);
        });
    m.put(
        "means",
        p -> {
          Tensor x = p.f32("x", p.rows, 4);
          p.gradients(p.t.sub(p.t.mean(x, 0), p.t.mean(x)), x);
        });
    m.put(
        "extremes",
        p -> {
          Tensor x = p.f32("x", p.rows, 3);
          Tensor k = p.t.input("k", p.type(DType.I32, 4, p.rows));
          p.t.output("argmax", p.t.argmax(x, 0));
          p.t.output("min", p.t.op(new ReduceOp.Reduce(Kind.MIN, List.of(0)), x));
          p.t.output("whole", p.t.op(new ReduceOp.Reduce(Kind.MIN, List.of(1)), k));
          p.t.output("argwhole", p.t.argmax(k, 1));
          p.t.output("wholes", p.t.sum(k, 1));
          p.gradients(p.t.max(x, 0), x);
        });
    m.put(
        "any and all",
        p -> {
          Tensor x = p.t.less(p.f32("x", p.rows, 3), p.t.constant(DType.F32, 0));
          p.t.output("any", p.t.op(new ReduceOp.Reduce(Kind.ANY, List.of(0)), x));
          p.t.output("all", p.t.op(new ReduceOp.Reduce(Kind.ALL, List.of(0)), x));
        });
    m.put(
        "running sums",
        p -> {
          Tensor x = p.f32("x", p.rows, 3);
          for (boolean exclusive : List.of(false, true)) {
            for (boolean reverse : List.of(false, true)) {
              p.t.output(
                  "y" + exclusive + reverse,
                  p.t.op(new ReduceOp.CumulativeSum(0, exclusive, reverse), x));
            }
          }
          p.gradients(p.t.op(new ReduceOp.CumulativeSum(0, true, false), x), x);
        });
    m.put(
        "halves",
        p -> {
          Tensor x = p.t.input("x", p.type(DType.BF16, p.rows, 3));
          p.t.output("max", p.t.op(new ReduceOp.Reduce(Kind.MAX, List.of(0)), x));
          p.t.output("twice", p.t.add(x, x));
        });
  }

  private static void products(Map<String, Consumer<SizePrograms>> m) {
    m.put(
        "rows times a matrix",
        p -> {
          Tensor x = p.f32("x", p.rows, 9);
          Tensor w = p.f32("w", 9, 18);
          p.gradients(p.t.apply(Functions.TANH, p.t.matmul(x, w)), x, w);
        });
    m.put(
        "columns of a matrix",
        p -> {
          Tensor w = p.f32("w", 5, 9);
          Tensor x = p.f32("x", 9, p.rows);
          p.gradients(p.t.matmul(w, x), w, x);
        });
    m.put(
        "over the axis",
        p -> {
          Tensor a = p.f32("a", p.rows, 5);
          Tensor b = p.f32("b", p.rows, 17);
          p.gradients(p.t.op(contract(List.of(0), List.of(0)), a, b), a, b);
        });
    m.put(
        "over two axes",
        p -> {
          Tensor a = p.f32("a", p.rows, 3, 5);
          Tensor b = p.f32("b", 3, p.rows, 6);
          p.gradients(p.t.op(contract(List.of(0, 1), List.of(1, 0)), a, b), a, b);
        });
    m.put(
        "dot products",
        p -> {
          Tensor a = p.f32("a", p.rows);
          Tensor b = p.f32("b", 3, p.rows);
          p.gradients(p.t.op(contract(List.of(1), List.of(0)), b, a), a, b);
        });
    m.put(
        "all pairs",
        p -> {
          Tensor a = p.f32("a", p.rows, 6);
          p.gradients(p.t.op(contract(List.of(1), List.of(1)), a, a), a);
        });
    m.put(
        "a batch",
        p -> {
          Tensor a = p.t.input("a", p.type(DType.F64, p.rows, 3, 4));
          Tensor b = p.t.input("b", p.type(DType.F64, p.rows, 4, 5));
          Contract k = new Contract(List.of(0), List.of(0), List.of(2), List.of(1));
          p.gradients(p.t.op(k, a, b), a, b);
        });
    m.put(
        "products of integers and bits",
        p -> {
          Tensor a = p.t.input("a", p.type(DType.I32, p.rows, 3));
          Tensor b = p.t.input("b", p.type(DType.I32, p.rows, 4));
          Contract k = contract(List.of(0), List.of(0));
          p.t.output("whole", p.t.op(k, a, b));
          p.t.output("and", p.t.op(new BitOp.BitContract(BitOp.Kind.AND, k), a, b));
          p.t.output("xor", p.t.op(new BitOp.BitContract(BitOp.Kind.XOR, k), a, b));
        });
  }

  private static void images(Map<String, Consumer<SizePrograms>> m) {
    m.put(
        "convolution",
        p -> {
          Tensor x = p.f32("x", p.rows, 5, 4, 3);
          Tensor f = p.f32("f", 4, 3, 3, 3);
          p.gradients(p.t.conv2d(x, f, SQUARE), x, f);
        });
    m.put(
        "windows",
        p -> {
          Tensor x = p.f32("x", p.rows, 4, 4, 3);
          p.t.output("sum", p.t.windowSum(x, SQUARE));
          Tensor y = p.t.maxPool(x, Geometry.square(2, 2, 0));
          p.gradients(p.t.add(y, p.t.windowSum(x, Geometry.square(2, 2, 0))), x);
        });
  }

  private static void orders(Map<String, Consumer<SizePrograms>> m) {
    m.put(
        "sorted",
        p -> {
          Tensor x = p.f32("x", 2, p.rows);
          Tensor k = p.t.input("k", p.type(DType.I32, p.rows));
          for (boolean descending : List.of(false, true)) {
            List<Tensor> s = p.t.ops(new OrderOp.Sort(descending), k);
            p.t.output("values" + descending, s.get(0));
            p.t.output("places" + descending, s.get(1));
            p.t.output("floats" + descending, p.t.op(new OrderOp.Sort(descending), x));
          }
          p.gradients(p.t.op(new OrderOp.Sort(true), x), x);
        });
    m.put(
        "sorted beside",
        p -> {
          Tensor x = p.f32("x", p.rows, 6);
          p.gradients(p.t.op(new OrderOp.TopK(Extent.of(2)), x), x);
        });
    m.put(
        "the largest of a static axis",
        p -> {
          Tensor x = p.f32("x", 3, 30);
          List<Tensor> top = p.t.ops(new OrderOp.TopK(p.rows), x);
          p.t.output("places", top.get(1));
          p.gradients(top.get(0), x);
        });
    m.put(
        "the largest of as many",
        p -> {
          Tensor x = p.f32("x", 3, p.rows);
          List<Tensor> top = p.t.ops(new OrderOp.TopK(p.rows), x);
          p.t.output("places", top.get(1));
          p.gradients(p.t.mul(top.get(0), 2), x);
        });
    m.put(
        "taken",
        p -> {
          Tensor x = p.f32("x", 2, 4);
          Tensor at = p.t.input("at", p.type(DType.I32, 2, p.rows));
          p.gradients(p.t.op(new OrderOp.Take(), x, at), x);
        });
  }

  private static void selections(Map<String, Consumer<SizePrograms>> m) {
    m.put(
        "compacted, gathered and summed",
        p -> {
          Tensor x = p.f32("x", CAPACITY, 5);
          Tensor number = p.t.op(new MoveOp.Iota(Type.of(DType.I32, CAPACITY), 0));
          Selection s = Selection.compact(p.t, p.t.less(number, p.n));
          p.t.output("places", s.indices());
          p.gradients(p.t.sum(p.t.exp(s.gather(p.t, x)), 0), x);
        });
    m.put(
        "compacted twice",
        p -> {
          Tensor x = p.f32("x", p.rows);
          Selection s = Selection.compact(p.t, p.t.less(x, p.t.constant(DType.F32, 0.3)));
          Tensor y = s.gather(p.t, x);
          Selection again = Selection.compact(p.t, p.t.less(p.t.constant(DType.F32, -0.3), y));
          p.t.output("count", again.count());
          p.gradients(again.gather(p.t, y), x);
        });
    m.put(
        "scattered",
        p -> {
          Tensor at = p.t.input("at", p.type(DType.I32, p.rows));
          Tensor x = p.f32("x", p.rows, 3);
          Tensor k = p.t.input("k", p.type(DType.I32, p.rows));
          Tensor h = p.t.input("h", p.type(DType.BF16, p.rows));
          List<Extent> four = List.of(Extent.of(4));
          p.t.output("whole", p.t.op(new MoveOp.ScatterAdd(four), k, at));
          p.t.output("half", p.t.op(new MoveOp.ScatterAdd(four), h, at));
          MoveOp.ScatterAdd add = new MoveOp.ScatterAdd(Type.of(DType.F32, 4, 3).extents());
          p.gradients(p.t.op(add, x, at), x);
        });
    m.put(
        "looked up in as many rows",
        p -> {
          Tensor x = p.f32("x", p.rows, 3);
          Tensor zero = p.t.cast(p.t.less(p.n, p.t.constant(DType.I32, 0)), DType.I32);
          Tensor all = p.t.op(new MoveOp.Iota(p.type(DType.I32, p.rows), 0));
          p.gradients(p.t.op(new MoveOp.Gather(), x, p.t.add(all, zero)), x);
        });
    m.put(
        "rows set",
        p -> {
          Tensor table = p.f32("table", 6, 3);
          Tensor at = p.t.input("at", p.type(DType.I32, p.rows));
          Tensor x = p.f32("x", p.rows, 3);
          p.gradients(p.t.op(new RowOp.SetRows(), table, x, at), table, x);
        });
    m.put(
        "largest cotangents alone",
        p -> {
          // As TinyProp: the n largest entries of a cotangent, its product over them, and the rows
          // of a weight that they name.
          Tensor dy = p.f32("dy", 40);
          Tensor w = p.f32("w", 40, 12);
          Tensor x = p.f32("x", 12);
          p.t.state(
              "v",
              dev.retrograde.ir.StateEntry.Role.PARAMETER,
              Type.of(DType.F32, 40, 12),
              new dev.retrograde.ir.StateEntry.Init.Normal(0, 1));
          Selection s = Selection.top(p.t, p.t.abs(dy), CAPACITY, p.n);
          Tensor chosen = s.gather(p.t, dy);
          Tensor back = p.t.op(contract(List.of(0), List.of(0)), chosen, s.gather(p.t, w));
          p.t.output("dx", back);
          Tensor outer = p.t.op(contract(List.of(), List.of()), chosen, x);
          Tensor old = s.gather(p.t, p.t.stateValue("v"));
          p.t.assign("v", p.t.sub(old, p.t.mul(outer, 0.1)), s.indices());
          p.t.output("dense", s.scatter(p.t, outer, 40));
        });
  }

  private static void others(Map<String, Consumer<SizePrograms>> m) {
    m.put(
        "factors of a batch",
        p -> {
          Tensor a = p.t.input("a", p.type(DType.F64, p.rows, 3, 5));
          Contract k = new Contract(List.of(0), List.of(0), List.of(2), List.of(2));
          Tensor l = p.t.op(new LinalgOp.Cholesky(), p.t.op(k, a, a));
          p.t.output("l", l);
        });
    m.put(
        "factors of one",
        p -> {
          Tensor a = p.t.input("a", p.type(DType.F64, p.rows, 40));
          Tensor l =
              p.t.op(new LinalgOp.Cholesky(), p.t.op(contract(List.of(1), List.of(1)), a, a));
          p.t.output("l", l);
          Tensor b = p.t.input("b", p.type(DType.F64, p.rows, 2));
          for (boolean transposed : List.of(false, true)) {
            p.t.output(
                "lower" + transposed, p.t.op(new LinalgOp.TriangularSolve(true, transposed), l, b));
            p.t.output(
                "upper" + transposed,
                p.t.op(new LinalgOp.TriangularSolve(false, transposed), p.t.transpose(l, 1, 0), b));
          }
        });
    m.put(
        "Java code",
        p -> {
          Tensor x = p.f32("x", 2, p.rows);
          p.t.output(
              "y",
              p.c
                  .foreign(
                      "twice",
                      false,
                      List.of(p.type(DType.F32, p.rows, 2)),
                      in -> new HostTensor[] {twice(in[0])},
                      x)
                  .get(0));
        });
  }

  private static HostTensor twice(HostTensor x) {
    int n = x.dim(1);
    return HostTensor.fill(Type.of(DType.F32, n, 2), i -> 2 * x.get(i % 2 * n + i / 2));
  }

  private static void control(Map<String, Consumer<SizePrograms>> m) {
    m.put(
        "a branch",
        p -> {
          Tensor x = p.f32("x", p.rows, 4);
          Tensor some = p.t.less(p.t.constant(DType.I32, 2), p.n);
          Tensor y =
              p.c
                  .cond(
                      some,
                      () -> List.of(p.t.mul(x, p.t.sum(x, 0))),
                      () -> List.of(p.t.apply(Functions.TANH, x)))
                  .get(0);
          p.gradients(y, x);
        });
    m.put(
        "loops",
        p -> {
          Tensor x = p.f32("x", p.rows, 4);
          Tensor y =
              p.c
                  .forLoop(
                      p.t.constant(DType.I32, 3),
                      List.of(x),
                      (i, k) ->
                          List.of(p.t.apply(Functions.TANH, p.t.add(k.get(0), p.t.mean(k.get(0))))))
                  .get(0);
          List<Tensor> z =
              p.c.whileLoop(
                  10,
                  List.of(y, p.t.constant(DType.I32, 0)),
                  k -> p.t.less(k.get(1), p.n),
                  k ->
                      List.of(
                          p.t.mul(k.get(0), 0.5), p.t.add(k.get(1), p.t.constant(DType.I32, 7))));
          p.gradients(z.get(0), x);
        });
    for (boolean reverse : List.of(false, true)) {
      m.put(
          "a scan over the axis" + (reverse ? " from its end" : ""),
          p -> {
            Tensor x = p.f32("x", p.rows, 4);
            Tensor h = p.f32("h", 4);
            Stepped s =
                p.c.scan(
                    p.rows,
                    reverse,
                    List.of(h),
                    List.of(x),
                    (i, k, r) -> {
                      Tensor next =
                          p.t.apply(Functions.TANH, p.t.add(p.t.mul(k.get(0), 0.7), r.get(0)));
                      return new Stepped(List.of(next), List.of(p.t.mul(next, next)));
                    });
            p.t.output("rows", s.rows().get(0));
            p.gradients(p.t.add(s.carried().get(0), p.t.sum(s.rows().get(0), 0)), x, h);
          });
    }
    m.put(
        "a scan in a loop",
        p -> {
          Tensor x = p.f32("x", p.rows, 3);
          Tensor y =
              p.c
                  .forLoop(
                      p.t.constant(DType.I32, 2),
                      List.of(x),
                      (i, k) ->
                          p.c
                              .scan(
                                  List.of(),
                                  List.of(k.get(0)),
                                  (j, none, r) ->
                                      new Stepped(List.of(), List.of(p.t.mul(r.get(0), r.get(0)))))
                              .rows())
                  .get(0);
          p.t.output("y", y);
          p.t.output("sum", p.t.sum(y));
        });
    m.put(
        "a function",
        p -> {
          Type rows = p.type(DType.F32, p.rows, 3);
          Control.Callable f = p.c.function("f", false, List.of(WHOLE, rows), List.of(rows));
          f.define(k ->
              p.c.cond(
                  p.t.less(k.get(0), p.t.constant(DType.I32, 1)),
                  () -> List.of(k.get(1)),
                  () -> {
                    Tensor less = p.t.sub(k.get(0), p.t.constant(DType.I32, 1));
                    Tensor x = p.t.sub(p.t.mul(k.get(1), 0.5), p.t.sum(k.get(1), 0));
                    return f.call(less, p.t.apply(Functions.TANH, x));
                  }));
          Tensor x = p.f32("x", p.rows, 3);
          p.gradients(f.call(p.t.constant(DType.I32, 3), x).get(0), x);
        });
    m.put(
        "a region",
        p -> {
          Tensor x = p.f32("x", p.rows, 3);
          Tensor y =
              p.c
                  .region(
                      "sign",
                      List.of(x),
                      args -> Kept.of(List.of(p.t.mul(args.get(0), p.t.sum(args.get(0)))), args),
                      (kept, dy) -> List.of(p.t.mul(dy.get(0), kept.get(0))))
                  .get(0);
          p.gradients(y, x);
        });
    m.put(
        "under a condition, on what was chosen",
        p -> {
          Tensor x = p.f32("x", CAPACITY, 4);
          Tensor number = p.t.op(new MoveOp.Iota(Type.of(DType.I32, CAPACITY), 0));
          Selection s = Selection.compact(p.t, p.t.less(number, p.n));
          Tensor rows = s.gather(p.t, x);
          Tensor y =
              p.c
                  .cond(
                      p.t.less(p.t.constant(DType.I32, 0), s.count()),
                      () -> List.of(p.t.div(p.t.sum(rows, 0), p.t.cast(s.count(), DType.F32))),
                      () -> List.of(p.t.zeros(Type.of(DType.F32, 4))))
                  .get(0);
          p.gradients(y, x);
        });
  }
}
