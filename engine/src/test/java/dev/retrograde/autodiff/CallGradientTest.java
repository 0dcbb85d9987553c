package dev.retrograde.autodiff;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Callable;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Reverse mode of calls: recursion, mutual recursion, recursion over trees.
class CallGradientTest {
  private static final DType F = DType.F64;
  private static final Type REAL = Type.of(F);
  private static final Type INT = Type.of(DType.I32);

  private static HostTensor whole(int v) {
    return HostTensor.scalar(DType.I32, v);
  }

  /// x (x - w) (x - 2w) ... of n factors, with w read from the program.
  private static GradientCheck factorial(int n) {
    return GradientCheck.of(
            (t, in) -> {
              Control c = new Control(t);
              Callable f = c.function("factorial", false, List.of(INT, REAL), List.of(REAL));
              f.define(a ->
                  c.cond(
                      t.equal(a.get(0), t.constant(DType.I32, 0)),
                      () -> List.of(t.constant(F, 1)),
                      () ->
                          List.of(
                              t.mul(
                                  a.get(1),
                                  f.call(t.add(a.get(0), -1), t.sub(a.get(1), in.get("w")))
                                      .get(0)))));
              return f.call(in.get("n"), in.get("x")).get(0);
            })
        .input("n", whole(n))
        .input("x", HostTensor.scalar(F, 1.7))
        .state("w", HostTensor.scalar(F, 0.3));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5})
  @DisplayName("4. factorial-style recursion")
  void aFunctionThatCallsItself(int n) {
    factorial(n).check();
  }

  @Test
  @DisplayName("4. mutual recursion")
  void functionsThatCallEachOther() {
    Program p =
        GradientCheck.of(
                (t, in) -> {
                  Control c = new Control(t);
                  Tensor zero = t.constant(DType.I32, 0);
                  Callable even = c.function("even", false, List.of(INT, REAL), List.of(REAL));
                  Callable odd = c.function("odd", false, List.of(REAL, INT), List.of(REAL, REAL));
                  even.define(a ->
                      c.cond(
                          t.equal(a.get(0), t.constant(DType.I32, 0)),
                          () -> List.of(a.get(1)),
                          () -> {
                            List<Tensor> r =
                                odd.call(t.mul(a.get(1), in.get("w")), t.add(a.get(0), -1));
                            return List.of(t.add(r.get(0), t.mul(r.get(1), a.get(1))));
                          }));
                  odd.define(a ->
                      c.cond(
                          t.equal(a.get(1), t.constant(DType.I32, 0)),
                          () -> List.of(in.get("v"), a.get(0)),
                          () -> {
                            Tensor x = t.apply(Functions.SIN, a.get(0));
                            return List.of(even.call(t.add(a.get(1), -1), x).get(0), x);
                          }));
                  return t.add(
                      even.call(in.get("n"), in.get("x")).get(0),
                      t.mul(odd.call(in.get("x"), in.get("n")).get(0), 0.5));
                })
            .input("n", whole(5))
            .input("x", HostTensor.scalar(F, 0.7))
            .input("w", HostTensor.scalar(F, 1.2))
            .state("v", HostTensor.scalar(F, -0.4))
            .check();
    assertThat(p.functions())
        .containsKeys("even.forward", "even.backward", "odd.forward", "odd.backward");
  }

  /// A tree as arrays; node 0 is the root, -1 no child.
  private record Tree(int[] left, int[] right) {
    static Tree random(long seed, int nodes) {
      Random r = new Random(seed);
      int[] left = new int[nodes];
      int[] right = new int[nodes];
      java.util.Arrays.fill(left, -1);
      java.util.Arrays.fill(right, -1);
      for (int i = 1; i < nodes; i++) {
        int at = r.nextInt(i);
        while (true) {
          int[] side = r.nextBoolean() ? left : right;
          if (side[at] < 0) {
            side[at] = i;
            break;
          }
          at = side[at];
        }
      }
      return new Tree(left, right);
    }

    static HostTensor of(int[] v) {
      return HostTensor.fill(Type.of(DType.I32, v.length), i -> v[i]);
    }
  }

  /// Folds a tree: what a missing child gives is 1.
  private interface Fold {
    Tensor node(Tensor left, Tensor right, Tensor i);
  }

  private static Tensor fold(
      Trace t, Tensor left, Tensor right, Type of, Tensor missing, Fold fold) {
    Control c = new Control(t);
    Callable f = c.function("tree", false, List.of(INT), List.of(of));
    f.define(a ->
        c.cond(
            t.less(a.get(0), t.constant(DType.I32, 0)),
            () -> List.of(missing),
            () -> {
              Tensor i = a.get(0);
              Tensor l = f.call(t.op(new MoveOp.Gather(), left, i)).get(0);
              Tensor r = f.call(t.op(new MoveOp.Gather(), right, i)).get(0);
              return List.of(fold.node(l, r, i));
            }));
    return f.call(t.constant(DType.I32, 0)).get(0);
  }

  @Test
  @DisplayName("2. golden scalars: three-node tree, with and without a factor per node")
  void theThreeNodeTree() {
    // Root 5 with leaves 3 and 4, a missing child gives x: each leaf is x x value, the root 60 x^4,
    // with a factor p at each of the three nodes 60 x^4 p^3.
    GradientCheck c =
        GradientCheck.of((t, in) ->
                fold(
                    t,
                    in.get("left"),
                    in.get("right"),
                    REAL,
                    in.get("x"),
                    (l, r, i) ->
                        t.mul(
                            t.mul(t.mul(l, r), t.op(new MoveOp.Gather(), in.get("value"), i)),
                            in.get("p"))))
            .input("left", Tree.of(new int[] {1, -1, -1}))
            .input("right", Tree.of(new int[] {2, -1, -1}))
            .input("value", HostTensor.of(Type.of(F, 3), 5, 3, 4))
            .input("x", HostTensor.scalar(F, 1.5))
            .input("p", HostTensor.scalar(F, 0.5));
    Program p = c.check();
    double x = 1.5;
    double f = 0.5;
    assertThat(c.run(p).get("d x").get(0)).isEqualTo(240 * x * x * x * f * f * f);
    assertThat(c.run(p).get("d p").get(0)).isEqualTo(180 * x * x * x * x * f * f);
  }

  @Test
  @DisplayName("2. golden scalars: x + x^3")
  void aCubic() {
    GradientCheck c =
        GradientCheck.of(
                (t, in) -> {
                  Control k = new Control(t);
                  Callable cube =
                      k.function("cube", false, List.of(REAL), List.of(REAL))
                          .define(a -> List.of(t.mul(a.get(0), t.mul(a.get(0), a.get(0)))));
                  return t.add(in.get("x"), cube.call(in.get("x")).get(0));
                })
            .input("x", HostTensor.scalar(F, 3));
    assertThat(c.run(c.check()).get("d x").get(0)).isEqualTo(28);
  }

  @Test
  @DisplayName(
      "4. tree recursion on 50 random trees, gradients for inputs, state and what is closed over")
  void randomTrees() {
    for (int seed = 0; seed < 50; seed++) {
      Tree tree = Tree.random(seed, 1 + seed % 9);
      int n = tree.left.length;
      GradientCheck.of(
              (t, in) -> {
                Tensor twice = in.get("p");
                return t.sum(
                    fold(
                        t,
                        in.get("left"),
                        in.get("right"),
                        Type.of(F, 2),
                        in.get("leaf"),
                        (l, r, i) -> {
                          Tensor e = t.op(new MoveOp.Gather(), in.get("words"), i);
                          Tensor a = t.matmul(t.reshape(l, 1, 2), in.get("wl"));
                          Tensor b = t.matmul(t.reshape(r, 1, 2), in.get("wr"));
                          Tensor s = t.add(t.reshape(t.add(a, b), 2), t.mul(e, twice));
                          return t.apply(Functions.TANH, s);
                        }));
              })
          .input("left", Tree.of(tree.left))
          .input("right", Tree.of(tree.right))
          .input("words", ScanGradientTest.random(seed, n, 2))
          .input("leaf", ScanGradientTest.random(seed + 100, 2))
          .input("p", HostTensor.scalar(F, 0.7))
          .state("wl", ScanGradientTest.random(seed + 200, 2, 2))
          .state("wr", ScanGradientTest.random(seed + 300, 2, 2))
          .check();
    }
  }

  @Test
  void aFunctionCalledInALoopUnderABranch() {
    GradientCheck.of(
            (t, in) -> {
              Control c = new Control(t);
              Callable f =
                  c.function("step", false, List.of(REAL), List.of(REAL))
                      .define(a ->
                          c.whileLoop(
                              20,
                              List.of(a.get(0)),
                              v -> t.less(v.get(0), t.constant(F, 1)),
                              v ->
                                  c.cond(
                                      t.less(v.get(0), t.constant(F, 0.5)),
                                      () -> List.of(t.add(t.mul(v.get(0), in.get("w")), 0.3)),
                                      () -> List.of(t.add(v.get(0), in.get("b"))))));
              List<Tensor> r =
                  c.forLoop(
                      t.constant(DType.I32, 4),
                      List.of(in.get("x")),
                      (i, v) ->
                          c.cond(
                              t.less(v.get(0), t.constant(F, 1)),
                              () -> f.call(v.get(0)),
                              () -> List.of(t.mul(v.get(0), t.constant(F, 0.37)))));
              return r.get(0);
            })
        .input("x", HostTensor.scalar(F, 0.1))
        .state("w", HostTensor.scalar(F, 1.4))
        .state("b", HostTensor.scalar(F, 0.22))
        .check();
  }

  @Test
  void whatDoesNotMoveIsLeftOut() {
    Program p =
        GradientCheck.of(
                (t, in) -> {
                  Control c = new Control(t);
                  Callable f =
                      c.function("f", false, List.of(REAL, REAL), List.of(REAL, REAL))
                          .define(a -> List.of(t.mul(a.get(0), 3), t.mul(a.get(1), a.get(1))));
                  List<Tensor> r = f.call(in.get("x"), t.constant(F, 2));
                  return t.mul(r.get(0), 2);
                })
            .input("x", HostTensor.scalar(F, 0.1))
            .check();
    // A frame, one cotangent, nothing of the second argument or result.
    assertThat(p.functions().get("f.backward").params()).hasSize(2);
    assertThat(p.functions().get("f.backward").results()).hasSize(1);
    assertThat(new ArrayList<>(p.functions().keySet())).hasSize(3);
  }
}
