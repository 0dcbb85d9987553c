package dev.retrograde.pass;

import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.ReduceOp.Kind;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.WindowOp;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarFn;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Each op alone as kernels: within tolerance of the interpreter, equal bits on machines of any
/// width, fused or not.
class OpsOnKernelsTest {
  private static Type f32(int... dims) {
    return Type.of(DType.F32, dims);
  }

  private static void check(String what, double tolerance, Consumer<Trace> body) {
    Comparison.check(what, Trace.program("op", true, body), tolerance);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 9, 13, 15, 16, 17, 207, 1021})
  void elementwiseOpsOfAnyLengthHaveTheBitsOfTheInterpreter(int n) {
    check(
        "functions",
        0,
        t -> {
          Tensor x = t.input("x", f32(n));
          Tensor y = t.input("y", f32(n));
          int k = 0;
          for (ScalarFn f :
              List.of(
                  Functions.EXP,
                  Functions.TANH,
                  Functions.SIGMOID,
                  Functions.GELU,
                  Functions.RELU,
                  Functions.ERF,
                  Primitive.SQRT,
                  Primitive.FLOOR,
                  Primitive.ROUND)) {
            t.output("u" + k++, t.apply(f, x));
          }
          t.output("log", t.log(t.abs(x)));
          for (ScalarFn f :
              List.of(
                  Primitive.ADD,
                  Primitive.DIV,
                  Primitive.MIN,
                  Functions.MAXIMUM,
                  Functions.MINIMUM)) {
            t.output("b" + k++, t.apply(f, x, y));
          }
          t.output("fma", t.apply(Primitive.FMA, x, y, x));
          t.output("select", t.select(t.less(x, y), x, y));
          t.output("wide", t.mul(t.cast(x, DType.F64), t.cast(y, DType.F64)));
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 13, 207})
  void couplingsHaveTheBitsOfTheInterpreter(int n) {
    for (DType d : List.of(DType.F32, DType.F64)) {
      check(
          "couplings",
          0,
          t -> {
            Tensor x = t.input("x", Type.of(d, n));
            Tensor f = t.input("f", Type.of(d, n));
            Tensor start = t.snap(t.mul(x, 100), 16);
            t.output("snap", start);
            t.output("exact", t.couple(start, t.mul(f, 50), 16));
            t.output("plain", t.couple(x, f, MapOp.Couple.PLAIN));
          });
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"I8", "I16", "U8", "I32", "I64"})
  void integersWrapAlsoWhereTheyAreNeverStored(DType d) {
    check(
        "integers",
        0,
        t -> {
          Tensor x = t.cast(t.mul(t.input("x", f32(60)), 90), d);
          Tensor y = t.input("y", Type.of(d, 60));
          for (Primitive p : Primitive.values()) {
            Tensor r =
                switch (p) {
                  case ADD, SUB, MUL, MIN, MAX, AND, OR, XOR, SHL, SHR, USHR -> t.apply(p, x, y);
                  case NEG, ABS, NOT, POPCOUNT -> t.apply(p, x);
                  case DIV -> t.div(x, t.add(y, 1));
                  case FMA -> t.apply(p, x, y, x);
                  case SQRT, FLOOR, ROUND, LT, LE, EQ, NE, SELECT, BITS -> x;
                };
            t.output(p.text(), r);
            t.output("wide " + p.text(), t.cast(t.mul(r, r), DType.I64));
          }
        });
  }

  @Test
  void bf16IsRoundedAlsoWhereItIsNeverStored() {
    check(
        "bf16",
        0,
        t -> {
          Tensor x = t.input("x", f32(61));
          Tensor h = t.input("h", Type.of(DType.BF16, 61));
          t.output("cast", t.cast(t.cast(x, DType.BF16), DType.F32));
          t.output("cube", t.cast(t.mul(t.mul(h, h), h), DType.F32));
          t.output("stored", t.mul(h, h));
          t.output("wide", t.cast(t.cast(t.cast(x, DType.F64), DType.BF16), DType.F64));
        });
  }

  @Test
  void floatsBecomeNarrowIntegersBySaturation() {
    check(
        "saturation",
        0,
        t -> {
          Tensor x = t.mul(t.input("x", f32(61)), 300);
          for (DType d : List.of(DType.I8, DType.U8, DType.I16, DType.I32, DType.BOOL)) {
            t.output(d.text(), t.cast(x, d));
            t.output("back from " + d.text(), t.cast(t.cast(t.mul(x, 1e8), d), DType.F32));
          }
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 15, 16, 17, 207})
  void reductionsAlongEveryAxis(int n) {
    check(
        "reductions",
        1e-5,
        t -> {
          Tensor x = t.input("x", f32(3, n, 5));
          Tensor b = t.less(x, t.constant(DType.F32, 1));
          int k = 0;
          for (List<Integer> axes :
              List.of(
                  List.of(0),
                  List.of(1),
                  List.of(2),
                  List.of(0, 1),
                  List.of(1, 2),
                  List.of(0, 2),
                  List.of(0, 1, 2))) {
            for (Kind kind : Kind.values()) {
              boolean bool = kind == Kind.ANY || kind == Kind.ALL;
              if (kind != Kind.ARGMAX || axes.size() == 1) {
                t.output("r" + k++, t.op(new ReduceOp.Reduce(kind, axes), bool ? b : x));
              }
            }
          }
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 13, 16, 33})
  void movementKeepsEveryBit(int n) {
    check(
        "moves",
        0,
        t -> {
          Tensor x = t.input("x", f32(4, n, 3));
          t.output("transpose", t.transpose(x, 2, 0, 1));
          t.output("reshape", t.reshape(t.relu(x), n, 12));
          t.output("slice", slice(t, x, List.of(1, 0, 1), List.of(2, (n + 1) / 2, 2)));
          t.output("concat", t.concat(1, x, t.mul(x, 2), x));
          t.output("gather", t.op(new MoveOp.Gather(), x, t.input("labels", index(n))));
          for (int between = 0; between < 2; between++) {
            List<Integer> inside = List.of(between, 0, between);
            t.output(
                "pad" + between,
                t.op(new MoveOp.Pad(List.of(1, 2, 0), List.of(0, 1, 2), inside, 0), x));
          }
        });
  }

  /// Whether the table lies in memory as it is, cut, turned or padded, or is computed.
  @Test
  void rowsAreLookedUpInAnyTable() {
    check(
        "rows",
        1e-6,
        t -> {
          Tensor x = t.input("x", f32(4, 5, 6));
          Tensor labels = t.input("labels", index(17));
          Tensor turned = t.cast(t.reshape(labels, 17, 1), DType.I32);
          MoveOp.Pad pad = new MoveOp.Pad(List.of(0, 1, 0), List.of(1, 0, 2), List.of(0, 0, 0), 0);
          Tensor less = t.less(x, t.constant(DType.F32, 0));
          Tensor number = t.input("number", Type.of(DType.F64, 4, 3));
          int k = 0;
          for (Tensor table :
              List.of(
                  x,
                  t.relu(x),
                  t.transpose(x, 2, 0, 1),
                  t.slice(x, List.of(1, 1, 0), List.of(3, 4, 5)),
                  t.reshape(t.transpose(x, 1, 0, 2), 5, 24),
                  t.op(pad, x),
                  t.zeros(f32(3, 3)),
                  less,
                  t.cast(t.mul(x, 30), DType.I8),
                  number)) {
            t.output("rows" + k, t.op(new MoveOp.Gather(), table, labels));
            t.output("again" + k++, t.op(new MoveOp.Gather(), table, turned));
          }
          Tensor flat = t.reshape(x, 120);
          Tensor place = t.op(new MoveOp.Iota(Type.of(DType.I32, 5, 4), 0));
          Tensor one = t.op(new MoveOp.Gather(), flat, t.mul(place, t.constant(DType.I32, 7)));
          t.output("elements", t.add(t.exp(one), one));
          t.output("sum", t.sum(one, 0));
          Geometry g = Geometry.square(3, 1, 1);
          Tensor images = t.op(border(), t.reshape(x, 1, 4, 5, 6));
          t.output("windows", t.op(new WindowOp.WindowSum(g), images));
          t.output("ones", t.op(new WindowOp.WindowSum(g), t.add(t.zeros(f32(1, 4, 5, 2)), 1)));
        });
  }

  private static MoveOp.Pad border() {
    return new MoveOp.Pad(List.of(0, 1, 1, 0), List.of(0, 1, 1, 0), List.of(0, 0, 0, 0), 0);
  }

  /// A reshape may split and join axes of what lies in memory in another order, or not at all.
  @Test
  void reshapesRegroupAxesOfAnything() {
    check(
        "regrouped",
        1e-5,
        t -> {
          Tensor x = t.input("x", f32(4, 5, 6));
          Tensor h = t.relu(x);
          Tensor turned = t.transpose(x, 1, 0, 2);
          MoveOp.Pad pad = new MoveOp.Pad(List.of(1, 0, 0), List.of(0, 1, 0), List.of(0, 0, 0), 0);
          t.output("input", t.reshape(turned, 5, 24));
          t.output("value", t.exp(t.reshape(t.transpose(h, 1, 0, 2), 5, 24)));
          t.output("product", t.matmul(t.reshape(turned, 5, 24), t.input("w", f32(24, 3))));
          Tensor part = t.slice(h, List.of(0, 1, 1), List.of(4, 3, 4));
          t.output("sum", t.sum(t.reshape(part, 12, 4), 0));
          t.output("rows", t.relu(t.reshape(t.slice(x, List.of(1, 0, 0), List.of(2, 5, 6)), 60)));
          t.output("padded", t.relu(t.reshape(t.op(pad, x), 180)));
          t.output("repeated", t.neg(t.reshape(t.broadcast(x, f32(2, 4, 5, 6).extents()), 240)));
          t.output("number", t.add(t.reshape(t.broadcast(t.sum(x), f32(4, 5).extents()), 20), 1));
          t.output("fill", t.add(t.reshape(t.zeros(f32(4, 5)), 20), t.sum(x)));
          Tensor index = t.op(new MoveOp.Iota(Type.of(DType.I32, 4, 5), 1));
          t.output("iota", t.add(t.reshape(index, 20), t.constant(DType.I32, 1)));
          t.output("twice", t.relu(t.reshape(t.transpose(t.reshape(turned, 5, 24), 1, 0), 120)));
          t.output("ones", t.reshape(t.transpose(x, 2, 1, 0), 6, 1, 5, 1, 4));
        });
  }

  private static Type index(int n) {
    return Type.of(DType.I32, n);
  }

  private static Tensor slice(Trace t, Tensor x, List<Integer> starts, List<Integer> sizes) {
    return t.op(new MoveOp.Slice(starts, sizes, List.of(1, 2, 1)), x);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 15, 16, 17, 31})
  void productsOfAnyOrientation(int n) {
    check(
        "products",
        1e-5,
        t -> {
          Tensor x = t.input("x", f32(5, n));
          Tensor y = t.input("y", f32(n, 6));
          Tensor z = t.input("z", f32(6, n));
          Tensor w = t.input("w", Type.of(DType.F64, 5, n));
          t.output("nn", t.matmul(x, y));
          t.output("nt", contract(t, x, z, 1, 1));
          t.output("tn", contract(t, y, x, 0, 1));
          t.output("tt", contract(t, x, x, 0, 0));
          t.output("epilogue", t.relu(t.add(t.matmul(x, y), 1)));
          t.output("wide", contract(t, w, w, 1, 1));
          t.output("outer", contract(t, t.reshape(x, 5, n, 1), t.reshape(y, 1, n, 6), 2, 0));
        });
  }

  private static Tensor contract(Trace t, Tensor a, Tensor b, int i, int j) {
    return t.op(new LinearOp.Contract(List.of(), List.of(), List.of(i), List.of(j)), a, b);
  }

  /// A product of f32 whose epilogue computes in f64, directly and within one scalar function.
  @Test
  void widerTypesAfterAProduct() {
    check(
        "wide epilogues",
        1e-5,
        t -> {
          Tensor x = t.input("x", f32(33, 40));
          Tensor y = contract(t, x, x, 0, 0);
          t.output("wide", t.mul(t.cast(y, DType.F64), 2));
          Tensor z = t.matmul(x, t.input("y", f32(40, 33)));
          t.output("there and back", t.cast(t.add(t.cast(z, DType.F64), 1), DType.F32));
          Tensor scale = t.cast(t.mul(t.cast(t.input("s", f32(33)), DType.F64), 3), DType.F32);
          t.output("scaled", t.mul(t.matmul(x, t.input("w", f32(40, 33))), scale));
          Tensor whole = t.cast(t.cast(t.relu(x), DType.I64), DType.F32);
          t.output("long", t.add(t.relu(t.matmul(x, t.input("v", f32(40, 40)))), whole));
        });
  }

  @Test
  void batchedProducts() {
    check(
        "batched",
        1e-5,
        t -> {
          Tensor a = t.input("a", f32(3, 5, 17));
          Tensor b = t.input("b", f32(3, 9, 17));
          LinearOp.Contract c =
              new LinearOp.Contract(List.of(0), List.of(0), List.of(2), List.of(2));
          t.output("y", t.op(c, a, b));
        });
  }

  /// Ops that kernels leave to routines run beside them.
  @Test
  void opsWithoutKernelsRunBesideThem() {
    check(
        "routines",
        1e-5,
        t -> {
          Tensor x = t.input("x", f32(9, 4));
          t.output("sum", t.op(new ReduceOp.CumulativeSum(0, false, false), t.relu(x)));
          t.output("sorted", t.mul(t.ops(new OrderOp.Sort(true), x).get(0), 2));
        });
  }

  /// Windows of every kind, forward.
  @Test
  void windows() {
    List<Geometry> all = new ArrayList<>(NetsOnKernelsTest.windows());
    all.add(Geometry.square(2, 2, 0));
    for (Geometry g : all) {
      check(
          g.toString(),
          1e-5,
          t -> {
            Tensor x = t.input("x", f32(2, 8, 6, 5));
            t.output("max", t.maxPool(x, g));
            t.output("sum", t.windowSum(x, g));
          });
    }
  }

  @Test
  void aProgramThatOnlyHandsOverRuns() {
    check("no node", 0, t -> t.output("y", t.input("x", f32(17))));
    check("nothing", 0, t -> t.input("x", f32(17)));
    check("constant", 0, t -> t.output("y", t.constant(DType.F32, 2)));
  }
}
