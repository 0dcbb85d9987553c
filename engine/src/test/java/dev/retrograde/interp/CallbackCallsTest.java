package dev.retrograde.interp;

import static dev.retrograde.interp.Lowered.F;
import static dev.retrograde.interp.Lowered.INT;
import static dev.retrograde.interp.Lowered.SCALAR;
import static dev.retrograde.interp.Lowered.check;
import static dev.retrograde.interp.Lowered.element;
import static dev.retrograde.interp.Lowered.lowered;
import static dev.retrograde.interp.Lowered.num;
import static dev.retrograde.interp.Lowered.program;
import static dev.retrograde.interp.Lowered.random;
import static dev.retrograde.interp.Lowered.tanh;
import static dev.retrograde.interp.Lowered.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.callback.Array;
import dev.retrograde.callback.Callbacks;
import dev.retrograde.callback.Expr;
import dev.retrograde.callback.Flow;
import dev.retrograde.callback.Gradients;
import dev.retrograde.callback.Var;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Control.Callable;
import dev.retrograde.trace.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Gradients by literal callbacks through recursion, against differences and eager callbacks.
class CallbackCallsTest {
  @Test
  @DisplayName("4: a recursion as of the factorial, and functions that call each other")
  void recursion() {
    Program factorial =
        program((t, c) -> {
          Tensor x = t.input("x", SCALAR);
          Callable f = c.function("f", false, List.of(INT), List.of(SCALAR));
          f.define(a ->
              c.cond(
                  t.equal(a.get(0), t.constant(DType.I32, 0)),
                  () -> List.of(x),
                  () ->
                      List.of(
                          t.mul(
                              t.mul(t.cast(a.get(0), F), x), f.call(t.add(a.get(0), -1)).get(0)))));
          return f.call(t.input("n", INT)).get(0);
        });
    CallbackLowering.Result r = check("factorial", factorial, Map.of("x", num(0.9), "n", whole(5)));
    assertThat(r.gradients().get("x").get(0)).isCloseTo(720 * Math.pow(0.9, 5), within(1e-9));

    Program mutual =
        program((t, c) -> {
          Tensor w = t.state("w", Role.PARAMETER, SCALAR, new Init.Fill(0));
          Callable even = c.function("even", false, List.of(INT, SCALAR), List.of(SCALAR));
          Callable odd = c.function("odd", false, List.of(INT, SCALAR), List.of(SCALAR));
          even.define(a ->
              c.cond(
                  t.equal(a.get(0), t.constant(DType.I32, 0)),
                  () -> List.of(tanh(t, a.get(1))),
                  () -> odd.call(t.add(a.get(0), -1), t.mul(a.get(1), w))));
          odd.define(a ->
              List.of(t.mul(even.call(t.add(a.get(0), -1), t.add(a.get(1), w)).get(0), a.get(1))));
          return even.call(t.input("n", INT), t.input("x", SCALAR)).get(0);
        });
    check("mutual", mutual, Map.of("x", num(0.4), "w", num(0.8), "n", whole(6)));
  }

  /// node: tanh((l * r) W + input); a missing child is the input "missing".
  private static Program tree(int nodes) {
    return program((t, c) -> {
      Tensor left = t.input("left", Type.of(DType.I32, nodes));
      Tensor right = t.input("right", Type.of(DType.I32, nodes));
      Tensor words = t.input("words", Type.of(F, nodes, 2));
      Tensor missing = t.input("missing", Type.of(F, 2));
      Tensor w = t.state("w", Role.PARAMETER, Type.of(F, 2, 2), new Init.Fill(0));
      Type row = Type.of(F, 2);
      Callable f = c.function("node", false, List.of(INT), List.of(row));
      f.define(a ->
          c.cond(
              t.less(a.get(0), t.constant(DType.I32, 0)),
              () -> List.of(missing),
              () -> {
                Tensor l = f.call(element(t, left, a.get(0))).get(0);
                Tensor r = f.call(element(t, right, a.get(0))).get(0);
                Tensor m = t.op(LinearOp.Contract.matmul(), t.reshape(t.mul(l, r), 1, 2), w);
                return List.of(tanh(t, t.add(t.reshape(m, 2), element(t, words, a.get(0)))));
              }));
      return t.sum(f.call(t.constant(DType.I32, 0)).get(0), 0);
    });
  }

  private static int[][] shape(SplittableRandom random, int nodes) {
    int[][] children = new int[2][nodes];
    for (int[] side : children) {
      java.util.Arrays.fill(side, -1);
    }
    for (int next = 1; next < nodes; next++) {
      int parent = random.nextInt(next);
      int side = random.nextInt(2);
      while (children[side][parent] >= 0) {
        parent = random.nextInt(next);
        side = random.nextInt(2);
      }
      children[side][parent] = next;
    }
    return children;
  }

  @Test
  @DisplayName("4: 200 random trees give the gradients of eager callbacks and of differences")
  void randomTrees() {
    long seed = 20_26;
    SplittableRandom random = new SplittableRandom(seed);
    Map<Integer, CallbackLowering> lowerings = new HashMap<>();
    Map<Integer, Program> programs = new HashMap<>();
    for (int i = 0; i < 200; i++) {
      int nodes = 1 + random.nextInt(10);
      int[][] children = shape(random, nodes);
      Map<String, HostTensor> in = new LinkedHashMap<>();
      in.put("left", whole(children[0]));
      in.put("right", whole(children[1]));
      in.put("words", random(random.nextLong(), nodes, 2));
      in.put("missing", random(random.nextLong(), 2));
      in.put("w", random(random.nextLong(), 2, 2));
      String what = "tree " + i + " of seed " + seed;
      Program p = programs.computeIfAbsent(nodes, CallbackCallsTest::tree);
      CallbackLowering.Result r =
          i % 20 == 0
              ? check(what, p, in)
              : lowered(lowerings.computeIfAbsent(nodes, n -> CallbackLowering.of(p)), p, in);
      Gradients eager = eager(children, in);
      assertThat(r.outputs().get("loss").get(0)).as(what).isCloseTo(eager.loss(), within(1e-12));
      List<String> names = List.of("words", "missing", "w");
      for (int k = 0; k < names.size(); k++) {
        assertThat(r.gradients().get(names.get(k)).toDoubles())
            .as("%s: %s", what, names.get(k))
            .usingComparatorWithPrecision(1e-12)
            .containsExactly(eager.gradient(k).values());
      }
    }
  }

  private static Gradients eager(int[][] children, Map<String, HostTensor> in) {
    return Callbacks.grad(
        (op, p, k) ->
            new Flow(op)
                .<Var>treeFold(
                    children[0],
                    children[1],
                    p.get(1),
                    (l, r, node, own) ->
                        op.row(
                            p.get(0),
                            node,
                            x ->
                                op.transpose(
                                    p.get(2),
                                    w -> Expr.of(l).times(r).in(w).plus(x).tanh().run(op, own))),
                    root -> op.sum(root, k)),
        array(in.get("words")),
        array(in.get("missing")),
        array(in.get("w")));
  }

  private static Array array(HostTensor t) {
    return Array.of(t.type().dims().stream().mapToInt(i -> i).toArray(), t.toDoubles());
  }
}
