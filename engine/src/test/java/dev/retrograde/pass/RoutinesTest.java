package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinalgOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.ReduceOp.CumulativeSum;
import dev.retrograde.ir.Type;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.Listing;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Ops whose loops depend on the numbers, and running sums: compiled programs give every bit of the
/// interpreter.
class RoutinesTest {
  private static void check(String what, Consumer<Trace> body) {
    Comparison.check(what, Trace.program("op", true, body), 0);
  }

  /// The element types that have an order.
  private static List<DType> ordered() {
    return List.of(
        DType.F32, DType.F64, DType.BF16, DType.I8, DType.I16, DType.I32, DType.I64, DType.U8);
  }

  private static void order(Trace t, Tensor x, int k) {
    for (boolean descending : new boolean[] {false, true}) {
      List<Tensor> sorted = t.ops(new OrderOp.Sort(descending), x);
      t.output("sorted " + descending, sorted.get(0));
      t.output("from " + descending, sorted.get(1));
    }
    List<Tensor> top = t.ops(new OrderOp.TopK(Extent.of(k)), x);
    t.output("top", top.get(0));
    t.output("at", top.get(1));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 40, 41, 207, 1021})
  void orderOfAnyLength(int n) {
    for (DType d : ordered()) {
      for (int k : new int[] {0, 1, n / 9, n / 2, n}) {
        if (k <= n) {
          check("order of " + n + " " + d, t -> order(t, t.input("x", Type.of(d, 3, n)), k));
        }
      }
    }
    check("cut", t -> order(t, t.transpose(t.input("x", Type.of(DType.F32, n, 5)), 1, 0), n / 3));
  }

  private static HostTensor ran(Target target, Program p, HostTensor x, String output) {
    try (StateStore state = StateStore.of(3, p);
        Executable e = target.compile(p, state, Target.Options.DEFAULT)) {
      Segments.write(e.input("x"), x);
      e.run();
      Type t =
          p.outputs().stream()
              .filter(o -> o.name().equals(output))
              .findFirst()
              .orElseThrow()
              .value()
              .type();
      return Segments.read(e.output(output), t);
    }
  }

  /// Bits of elements and positions, where numbers are extreme, equal, zeros of both signs and NaN.
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F64", "BF16", "I8", "I32", "I64", "U8"})
  void tiesKeepTheirOrderAndNaNIsLast(DType d) {
    List<Double> some =
        d.isFloat()
            ? List.of(
                Double.NaN,
                0.0,
                -0.0,
                1.0,
                -1.0,
                Double.POSITIVE_INFINITY,
                Double.NEGATIVE_INFINITY,
                1e-40,
                -1e-40,
                3e38,
                -3e38)
            : List.of(0.0, 1.0, -1.0, 127.0, -128.0, 64.0);
    for (int n : new int[] {20, 300}) {
      Random r = new Random(n);
      IntToDoubleFunction draw = i -> some.get(r.nextInt(some.size()));
      HostTensor x = HostTensor.fill(Type.of(d, n), draw);
      Program p = Trace.program("op", true, t -> order(t, t.input("x", Type.of(d, n)), n / 10));
      for (String out : p.outputs().stream().map(Program.Named::name).toList()) {
        HostTensor meant = ran(new InterpTarget(), p, x, out);
        HostTensor found = ran(new JvmTarget(), p, x, out);
        assertThat(found.sameBits(meant)).as("%s of %s: %s, %s", out, d, found, meant).isTrue();
      }
    }
  }

  @Test
  void elementsAreTakenAndPutBack() {
    for (DType d : ordered()) {
      check(
          "take " + d,
          t -> {
            Tensor x = t.input("x", Type.of(d, 4, 19));
            Tensor labels = t.input("labels", Type.of(DType.I32, 4, 33));
            Tensor taken = t.op(new OrderOp.Take(), x, labels);
            t.output("taken", taken);
            t.output("fused", t.add(t.op(new OrderOp.Take(), t.add(x, x), labels), taken));
            Tensor turned = t.transpose(t.input("z", Type.of(d, 19, 4)), 1, 0);
            t.output("turned", t.op(new OrderOp.Take(), turned, labels));
            t.output("back", t.op(new OrderOp.Untake(Extent.of(19)), taken, labels));
            Tensor nothing = t.input("n", Type.of(DType.I32, 4, 0));
            t.output("nothing", t.op(new OrderOp.Take(), x, nothing));
            t.output(
                "zeros",
                t.op(
                    new OrderOp.Untake(Extent.of(3)),
                    t.slice(x, List.of(0, 0), List.of(4, 0)),
                    nothing));
            Tensor rows = t.input("rows", Type.of(d, 6, 5));
            Tensor at = t.slice(t.reshape(labels, 132), List.of(3), List.of(6));
            t.output(
                "scattered", t.op(new MoveOp.ScatterAdd(Type.of(d, 3, 5).extents()), rows, at));
          });
    }
  }

  @Test
  void trueElementsAreFound() {
    for (int n : new int[] {1, 16, 207}) {
      check(
          "compact",
          t -> {
            Tensor x = t.input("x", Type.of(DType.F32, n));
            Tensor some = t.lessEqual(x, t.max(x));
            t.output("all", t.op(new OrderOp.Compact(Extent.of(n)), some));
            t.output("few", t.op(new OrderOp.Compact(Extent.of(n / 2)), some));
          });
    }
    Program p =
        Trace.program(
            "op",
            true,
            t ->
                t.output(
                    "y",
                    t.op(new OrderOp.Compact(Extent.of(3)), t.input("x", Type.of(DType.BOOL, 4)))));
    HostTensor two = HostTensor.of(Type.of(DType.BOOL, 4), 1, 0, 0, 1);
    assertThatThrownBy(() -> ran(new JvmTarget(), p, two, "y"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("asks for 3 positions, but only 2");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 13, 64, 207})
  void runningSumsAlongEveryAxis(int n) {
    for (DType d : ordered()) {
      check(
          "running sums of " + d,
          t -> {
            Tensor x = t.input("x", Type.of(d, 3, n, 5));
            for (int axis = 0; axis < 3; axis++) {
              for (int kind = 0; kind < 4; kind++) {
                CumulativeSum sum = new CumulativeSum(axis, kind % 2 == 1, kind > 1);
                t.output("y" + axis + kind, t.op(sum, x));
              }
            }
            CumulativeSum first = new CumulativeSum(0, false, false);
            t.output("turned", t.op(first, t.transpose(x, 1, 2, 0)));
            t.output("computed", t.neg(t.op(first, t.mul(x, x))));
            Tensor vector = t.input("v", Type.of(d, n));
            t.output("vector", t.op(first, vector));
            t.output("reverse", t.op(new CumulativeSum(0, true, true), vector));
          });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 7, 16, 33})
  void smallLinearAlgebra(int n) {
    for (DType d : List.of(DType.F32, DType.F64, DType.BF16)) {
      check(
          "linear algebra of " + d,
          t -> {
            Tensor x = t.input("x", Type.of(d, 2, 3, n, n));
            t.output("no factor", t.op(new LinalgOp.Cholesky(), x));
            Tensor row = t.op(new MoveOp.Iota(x.type().with(DType.I32), 2));
            Tensor col = t.op(new MoveOp.Iota(x.type().with(DType.I32), 3));
            Tensor a = t.select(t.equal(row, col), t.add(t.abs(x), 2.0 * n), x);
            t.output("factor", t.op(new LinalgOp.Cholesky(), a));
            for (int m : new int[] {0, 1, 5}) {
              Tensor b = t.input("b" + m, Type.of(d, 2, 3, n, m));
              for (int kind = 0; kind < 4; kind++) {
                LinalgOp solve = new LinalgOp.TriangularSolve(kind % 2 == 0, kind > 1);
                t.output("x" + m + kind, t.op(solve, a, b));
              }
            }
          });
    }
  }

  /// A block's routines work where the block computes, on every trip.
  @Test
  void routinesRunInLoops() {
    check(
        "loop",
        t -> {
          Tensor x = t.input("x", Type.of(DType.F32, 4, 50));
          List<Tensor> end =
              new Control(t)
                  .forLoop(
                      t.constant(DType.I32, 3),
                      List.of(x),
                      (i, c) -> {
                        List<Tensor> sorted = t.ops(new OrderOp.Sort(false), c.get(0));
                        Tensor sum = t.op(new CumulativeSum(1, false, true), sorted.get(0));
                        return List.of(t.mul(t.op(new OrderOp.Take(), sum, sorted.get(1)), 0.1));
                      });
          t.output("end", end.get(0));
        });
  }

  @Test
  void memoryOfRoutinesIsCounted() {
    Program p =
        Trace.program(
            "op",
            true,
            t -> {
              Tensor x = t.input("x", Type.of(DType.F32, 2, 30, 30));
              t.output("factor", t.op(new LinalgOp.Cholesky(), x));
              t.output("sorted", t.ops(new OrderOp.Sort(false), x).get(0));
            });
    try (StateStore state = StateStore.of(3, p);
        Executable e = new JvmTarget().compile(p, state, Target.Options.DEFAULT)) {
      assertThat(e.memory().tensors())
          .anyMatch(b -> b.name().endsWith(" scratch") && b.bytes() == 8 * 30 * 30);
      long tensors = 3 * (2 * 30 * 30 * 4 + 64);
      assertThat(e.reserved().own()).isEqualTo(tensors + 36 * 30);
    }
  }

  @Test
  void nothingButJavaCodeRunsOnTheHeap() {
    Program p = Trace.program("op", true, RoutinesTest::everything);
    try (StateStore state = StateStore.of(3, p);
        Executable e = new JvmTarget().compile(p, state, Comparison.PLAIN)) {
      assertThat(e.listing().launches())
          .isNotEmpty()
          .noneMatch(l -> l.kernel() == Listing.Launch.HEAP);
    }
  }

  private static void everything(Trace t) {
    Tensor x = t.input("x", Type.of(DType.F32, 3, 8, 8));
    order(t, x, 4);
    Tensor at = t.input("at", Type.of(DType.I32, 3, 8, 2));
    Tensor taken = t.op(new OrderOp.Take(), x, at);
    t.output("back", t.op(new OrderOp.Untake(Extent.of(8)), taken, at));
    t.output("sum", t.op(new CumulativeSum(1, false, false), t.stopGradient(x)));
    t.output("factor", t.op(new LinalgOp.Cholesky(), x));
    t.output("solved", t.op(new LinalgOp.TriangularSolve(true, true), x, x));
    Tensor mask = t.less(t.reshape(x, 192), t.constant(DType.F32, 9));
    t.output("true", t.op(new OrderOp.Compact(Extent.of(5)), mask));
    Tensor bytes = t.cast(t.reshape(x, 12, 16), DType.I8);
    Tensor where = t.input("where", Type.of(DType.I32, 12));
    t.output("rows", t.op(new MoveOp.ScatterAdd(Type.of(DType.I8, 4, 16).extents()), bytes, where));
  }
}
