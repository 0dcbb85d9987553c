package dev.retrograde.autodiff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.NoGradientException;
import dev.retrograde.ir.Parser;
import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.SampleTrees;
import dev.retrograde.ir.TreeOp.Form;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Verifier;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import dev.retrograde.trace.TreeControl;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Derivatives of folds over trees, in the interpreter.
class TreeGradientTest {
  private static final double STEP = 1e-5;

  private static List<TreeCells.Case> cases() {
    return TreeCells.all();
  }

  static Map<String, HostTensor> run(Program p, Map<String, HostTensor> in) {
    return Interpreter.run(p, in, Map.of()).outputs();
  }

  private static Form form(boolean deferred) {
    return new Form(true, deferred, List.of(1, 2, 4, 8));
  }

  /// Single nodes, chains, full trees, then random ones.
  static List<SampleTrees> trees(Random r, int n) {
    List<SampleTrees> out = new ArrayList<>();
    out.add(SampleTrees.leaf());
    out.add(SampleTrees.chain(7, true));
    out.add(SampleTrees.chain(TreeCells.NODES, false));
    out.add(SampleTrees.full(3));
    while (out.size() < n) {
      out.add(SampleTrees.random(r, TreeCells.NODES));
    }
    return out;
  }

  @DisplayName("2: a tree of three nodes gives 240 x^3 and 180 x^4 p^2")
  @Test
  void goldenScalars() {
    SampleTrees three = new SampleTrees(List.of(1, -1, -1), List.of(2, -1, -1));
    for (boolean deferred : List.of(true, false)) {
      Program p = Verifier.verify(TreeCells.products().program(form(deferred), false));
      Map<String, HostTensor> in = TreeCells.products().numbers(three, new Random(1), false);
      double x = 1.3;
      in.put(
          "values",
          HostTensor.fill(Type.of(TreeCells.F, TreeCells.NODES), i -> i == 0 ? 5 : i == 1 ? 3 : 4));
      in.put("x", HostTensor.scalar(TreeCells.F, x));
      in.put("p", HostTensor.scalar(TreeCells.F, 1));
      double dx = run(p, in).get("d.x").get(0);
      assertThat(dx).isCloseTo(240 * Math.pow(x, 3), within(1e-9));
      in.put("p", HostTensor.scalar(TreeCells.F, 0.7));
      double dp = run(p, in).get("d.p").get(0);
      assertThat(dp).isCloseTo(180 * Math.pow(x, 4) * 0.49, within(1e-9));
    }
  }

  @DisplayName("4: gradients on 200 trees equal central differences")
  @ParameterizedTest
  @MethodSource("cases")
  void gradientsEqualDifferences(TreeCells.Case c) {
    for (boolean deferred : List.of(true, false)) {
      Program p = Verifier.verify(c.program(form(deferred), false));
      Program alone = c.program(form(deferred));
      Random r = new Random(11);
      for (SampleTrees tree : trees(r, 200)) {
        Map<String, HostTensor> in = c.numbers(tree, r, false);
        Map<String, HostTensor> out = run(p, in);
        Map<String, HostTensor> up = new HashMap<>(in);
        Map<String, HostTensor> down = new HashMap<>(in);
        double found = 0;
        for (String name : c.inputs().keySet()) {
          HostTensor v = HostTensor.fill(in.get(name).type(), i -> r.nextDouble() - 0.5);
          up.put(name, moved(in.get(name), v, STEP));
          down.put(name, moved(in.get(name), v, -STEP));
          found += dot(out.get("d." + name), v);
        }
        double above = run(alone, up).get("loss").get(0);
        double expected = (above - run(alone, down).get("loss").get(0)) / (2 * STEP);
        assertThat(found)
            .as("along a direction on %s, deferred %s", tree, deferred)
            .isCloseTo(expected, within(1e-6 * Math.max(1, Math.abs(expected))));
      }
    }
  }

  @DisplayName("13: Hessian times vector through a tree equals differences of gradients")
  @ParameterizedTest
  @MethodSource("cases")
  void secondOrder(TreeCells.Case c) {
    for (boolean deferred : List.of(true, false)) {
      Program p = Verifier.verify(c.program(form(deferred), true));
      Random r = new Random(12);
      for (SampleTrees tree : trees(r, 12)) {
        Map<String, HostTensor> in = c.numbers(tree, r, true);
        Map<String, HostTensor> out = run(p, in);
        Map<String, HostTensor> up = new HashMap<>(in);
        Map<String, HostTensor> down = new HashMap<>(in);
        c.inputs()
            .keySet()
            .forEach(n -> {
              up.put(n, moved(in.get(n), in.get("v." + n), STEP));
              down.put(n, moved(in.get(n), in.get("v." + n), -STEP));
            });
        Map<String, HostTensor> above = run(p, up);
        Map<String, HostTensor> below = run(p, down);
        for (String n : c.inputs().keySet()) {
          HostTensor h = out.get("h." + n);
          for (int k = 0; k < above.get("d." + n).size(); k++) {
            double expected =
                (above.get("d." + n).get(k) - below.get("d." + n).get(k)) / (2 * STEP);
            assertThat(h == null ? 0 : h.get(k))
                .as("%s[%d] on %s, deferred %s", n, k, tree, deferred)
                .isCloseTo(expected, within(1e-6 * Math.max(1, Math.abs(expected))));
          }
        }
      }
    }
  }

  @Test
  void theHelperForSecondOrderSeesTheTwinThatReverseModePuts() {
    // loss = x^2 p v for a leaf with one value: d2/dx2 = 2 p v.
    Program p =
        Trace.program(
            "second",
            true,
            t -> {
              Map<String, Tensor> in = new HashMap<>();
              TreeCells.products().inputs().forEach((n, type) -> in.put(n, t.input(n, type)));
              var tree = TreeControl.Tree.input(t, "tree", 12, 12);
              var c = new TreeControl(t, form(true));
              var loss = TreeCells.products().cell().loss(t, c, tree, in);
              var one = t.constant(TreeCells.F, 1);
              t.output(
                  "h",
                  new Tensor(
                      Derivatives.hessianVector(
                          t.emit(), t.nodes(), loss.value(), in.get("x").value(), one.value())));
            });
    Map<String, HostTensor> in =
        TreeCells.products().numbers(SampleTrees.leaf(), new Random(3), false);
    double expected = 2 * in.get("p").get(0) * in.get("values").get(0);
    assertThat(run(Verifier.verify(p), in).get("h").get(0)).isCloseTo(expected, within(1e-12));
  }

  @Test
  void theTextFormReadsBack() {
    for (TreeCells.Case c : cases()) {
      String text = Printer.print(c.program(form(true), true));
      Program again = Verifier.verify(Parser.parse(text));
      assertThat(Printer.print(again)).isEqualTo(text);
    }
  }

  @Test
  void reverseModeOfTheWayBackIsRefused() {
    assertThatThrownBy(() ->
            Trace.program(
                "twice",
                true,
                t -> {
                  Map<String, Tensor> in = new HashMap<>();
                  TreeCells.products().inputs().forEach((n, type) -> in.put(n, t.input(n, type)));
                  var tree = TreeControl.Tree.input(t, "tree", 12, 12);
                  var c = new TreeControl(t, form(true));
                  var loss = TreeCells.products().cell().loss(t, c, tree, in);
                  var wrt = Map.of("x", in.get("x").value());
                  var g = Reverse.gradients(t.emit(), t.nodes(), loss.value(), wrt).get("x");
                  Reverse.gradients(t.emit(), t.nodes(), g, wrt);
                }))
        .isInstanceOf(NoGradientException.class)
        .hasMessageContaining("forward mode over reverse mode");
  }

  private static HostTensor moved(HostTensor x, HostTensor v, double step) {
    return HostTensor.fill(x.type(), i -> x.get(i) + step * v.get(i));
  }

  private static double dot(HostTensor a, HostTensor b) {
    double s = 0;
    for (int i = 0; i < a.size(); i++) {
      s += a.get(i) * b.get(i);
    }
    return s;
  }
}
