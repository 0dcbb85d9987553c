package dev.retrograde.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.autodiff.Derivatives;
import dev.retrograde.callback.Array;
import dev.retrograde.callback.Callbacks;
import dev.retrograde.callback.Cont;
import dev.retrograde.callback.Expr;
import dev.retrograde.callback.Flow;
import dev.retrograde.callback.Gradients;
import dev.retrograde.callback.Ops;
import dev.retrograde.callback.Var;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.TreeLevels;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Callable;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import dev.retrograde.trace.TreeControl;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Recursion, trees and second derivatives as the guide to control flow shows them.
class TreesGuideTest {
  private static final DType F = DType.F64;
  private static final Type WHOLE = Type.of(DType.I32);

  // Trees.

  /// `states(i) = tanh(left A + right B + word[i])`, with zeros for a child that is not there.
  static Tensor byRecursion(Trace t, Tensor left, Tensor right, Tensor words, Tensor a, Tensor b) {
    Control c = new Control(t);
    Type state = Type.of(F, 2);
    Callable node = c.function("node", false, List.of(WHOLE), List.of(state));
    node.define(p ->
        c.cond(
            t.less(p.get(0), t.constant(DType.I32, 0)),
            () -> List.of(t.zeros(state)),
            () -> {
              Tensor i = p.get(0);
              Tensor l = node.call(t.op(new MoveOp.Gather(), left, i)).get(0);
              Tensor r = node.call(t.op(new MoveOp.Gather(), right, i)).get(0);
              return List.of(cell(t, words, a, b, i, l, r));
            }));
    return t.sum(node.call(t.constant(DType.I32, 0)).get(0));
  }

  static Tensor cell(Trace t, Tensor words, Tensor a, Tensor b, Tensor i, Tensor l, Tensor r) {
    Tensor word = t.op(new MoveOp.Gather(), words, i);
    return t.apply(Functions.TANH, t.add(t.add(t.matmul(l, a), t.matmul(r, b)), word));
  }

  static Tensor byHeight(
      Trace t, TreeControl.Tree tree, Tensor words, Tensor a, Tensor b, TreeOp.Form form) {
    Tensor missing = t.zeros(Type.of(F, 2));
    List<Tensor> states =
        new TreeControl(t, form)
            .fold(
                tree,
                List.of(missing),
                (i, l, r) -> List.of(cell(t, words, a, b, i, l.get(0), r.get(0))));
    return t.sum(t.slice(states.get(0), List.of(0, 0), List.of(1, 2)));
  }

  private static final List<Integer> LEFT = List.of(1, 3, -1, -1, -1);
  private static final List<Integer> RIGHT = List.of(2, 4, -1, -1, -1);

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(i -> i).toArray();
  }

  private static HostTensor whole(int[] v) {
    return HostTensor.fill(Type.of(DType.I32, v.length), i -> v[i]);
  }

  private static double word(int i) {
    return Math.cos(i);
  }

  /// Inputs of both forms.
  private static Map<String, HostTensor> tree() {
    int[] left = ints(LEFT);
    int[] right = ints(RIGHT);
    TreeLevels levels = TreeLevels.of(left, right, left.length, 3);
    return Map.of(
        "tree.left", whole(left),
        "tree.right", whole(right),
        "tree.order", whole(levels.order()),
        "tree.starts", whole(levels.starts()),
        "tree.levels", HostTensor.scalar(DType.I32, levels.levels()),
        "words", HostTensor.fill(Type.of(F, 5, 2), TreesGuideTest::word));
  }

  private static Tensor weight(Trace t, String name) {
    return t.parameter(name, F, new Init.Normal(0, 1), 2, 2);
  }

  private static Tensor byRecursion(Trace t) {
    return byRecursion(
        t,
        t.input("tree.left", Type.of(DType.I32, 5)),
        t.input("tree.right", Type.of(DType.I32, 5)),
        t.input("words", Type.of(F, 5, 2)),
        weight(t, "a"),
        weight(t, "b"));
  }

  private static Tensor byHeight(Trace t, TreeOp.Form form) {
    TreeControl.Tree tree = TreeControl.Tree.input(t, "tree", 5, 3);
    return byHeight(
        t, tree, t.input("words", Type.of(F, 5, 2)), weight(t, "a"), weight(t, "b"), form);
  }

  private static final TreeOp.Form NARROW = new TreeOp.Form(true, true, List.of(1, 2, 4));

  @ParameterizedTest
  @MethodSource("dev.retrograde.examples.ControlFlowExamplesTest#targets")
  void treesByRecursionAndByHeightHaveTheGradientsOfCallbacks(Target target) {
    Map<String, HostTensor> in = tree();
    Runs.compare(target, TreesGuideTest::byRecursion, in);
    Map<String, HostTensor> one = Runs.run(target, Runs.gradients(TreesGuideTest::byRecursion), in);
    for (TreeOp.Form form : List.of(NARROW, TreeOp.Form.plain())) {
      Map<String, HostTensor> other = Runs.run(target, Runs.gradients(t -> byHeight(t, form)), in);
      for (String name : List.of("loss", "d a", "d b")) {
        Runs.near(other.get(name).toDoubles(), one.get(name).toDoubles());
      }
    }
  }

  /// The same with callbacks: p holds A and B, transposed, since here they stand left of a vector.
  static void treeOfCallbacks(Ops op, List<Var> p, Cont<Var> loss) {
    new Flow(op)
        .<Var>treeFold(
            ints(LEFT),
            ints(RIGHT),
            op.constant(Array.zeros(2)),
            (l, r, i, next) -> {
              Var word = op.constant(Array.vector(word(2 * i), word(2 * i + 1)));
              Expr.of(l).in(p.get(0)).plus(Expr.of(r).in(p.get(1))).plus(word).tanh().run(op, next);
            },
            root -> op.sum(root, loss));
  }

  @Test
  void aTreeOfCallbacksIsTheSameTree() {
    Program p = Runs.gradients(TreesGuideTest::byRecursion);
    Target target = new JvmTarget();
    try (StateStore state = StateStore.of(5, p)) {
      Gradients g =
          Callbacks.grad(
              TreesGuideTest::treeOfCallbacks,
              transposed(state.get("a")),
              transposed(state.get("b")));
      Map<String, HostTensor> found = Runs.run(target, p, state, tree());
      Runs.near(found.get("loss").toDoubles(), g.loss());
      HostTensor a = found.get("d a");
      Runs.near(new double[] {a.get(0), a.get(2), a.get(1), a.get(3)}, g.gradient(0).values());
    }
  }

  private static Array transposed(HostTensor m) {
    return Array.of(new int[] {2, 2}, m.get(0), m.get(2), m.get(1), m.get(3));
  }

  // Second order.

  @Test
  void productsOfTheHessianGoThroughLoops() {
    Program p =
        Trace.program(
            "second",
            true,
            t -> {
              Tensor loss = ControlFlowGuideTest.shrink(t);
              Value w = t.stateValue("w").value();
              Value v = t.constant(DType.F64, 1).value();
              Value hv = Derivatives.hessianVector(t.emit(), t.nodes(), loss.value(), w, v);
              t.output("hv", new Tensor(hv));
            });
    double found =
        Runs.run(new JvmTarget(), p, Map.of("x", HostTensor.scalar(F, 10))).get("hv").get(0);
    Gradients g =
        Callbacks.standard()
            .hessianVector(
                ControlFlowGuideTest::shrink,
                List.of(Array.scalar(10), Array.scalar(0.5)),
                List.of(Array.scalar(0), Array.scalar(1)));
    assertThat(found).isEqualTo(g.hessianVector().get(1).item());
    // (x w^4)^2, twice differentiated by w.
    assertThat(found).isCloseTo(100 * 8 * 7 * Math.pow(0.5, 6), within(1e-9));
  }
}
