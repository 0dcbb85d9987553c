package dev.retrograde.pass.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.autodiff.TreeCells;
import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.SampleTrees;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.TreeOp.Form;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Verifier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Trees written as loops against trees run node by node.
class TreeLoopsTest {
  private static List<TreeCells.Case> cases() {
    return TreeCells.batchable();
  }

  private static List<Form> forms() {
    List<Form> out = new ArrayList<>();
    for (boolean batched : List.of(true, false)) {
      for (boolean deferred : List.of(true, false)) {
        out.add(new Form(batched, deferred, List.of(1, 2, 3, 4)));
      }
    }
    return out;
  }

  private static Map<String, HostTensor> run(Program p, Map<String, HostTensor> in) {
    return Interpreter.run(p, in, Map.of()).outputs();
  }

  private static void every(List<Node> nodes, java.util.function.Consumer<Node> found) {
    for (Node n : nodes) {
      found.accept(n);
      n.blocks().forEach(b -> every(b.nodes(), found));
    }
  }

  @DisplayName("17: batched and deferred or not, losses, gradients and second order are equal")
  @ParameterizedTest
  @MethodSource("cases")
  void everyFormMeansTheSame(TreeCells.Case c) {
    Program meaning = c.program(Form.plain(), true);
    List<Program> lowered = new ArrayList<>();
    for (Form f : forms()) {
      Program p = Verifier.verify(TreeLoops.run(Verifier.verify(c.program(f, true))));
      every(p.nodes(), n -> assertThat(n.op()).isNotInstanceOf(TreeOp.class));
      lowered.add(p);
    }
    Random r = new Random(21);
    List<SampleTrees> trees =
        new ArrayList<>(
            List.of(
                SampleTrees.leaf(),
                SampleTrees.chain(TreeCells.NODES, true),
                SampleTrees.chain(5, false),
                SampleTrees.full(3),
                new SampleTrees(List.of(), List.of())));
    while (trees.size() < 20) {
      trees.add(SampleTrees.random(r, TreeCells.NODES));
    }
    for (SampleTrees tree : trees) {
      Map<String, HostTensor> in = c.numbers(tree, r, true);
      Map<String, HostTensor> expected = run(meaning, in);
      for (int f = 0; f < lowered.size(); f++) {
        Map<String, HostTensor> found = run(lowered.get(f), in);
        for (String name : expected.keySet()) {
          near(expected.get(name), found.get(name), name + ", " + forms().get(f) + ", " + tree);
        }
      }
    }
  }

  private static void near(HostTensor expected, HostTensor found, String what) {
    assertThat(found.type()).isEqualTo(expected.type());
    for (int i = 0; i < expected.size(); i++) {
      double e = expected.get(i);
      assertThat(found.get(i)).as(what).isCloseTo(e, within(1e-12 * Math.max(1, Math.abs(e))));
    }
  }

  @Test
  void productsOfABatchedHeightAreTall() {
    Form f = new Form(true, true, List.of(4));
    Program p = TreeLoops.run(lstm().program(f));
    List<Type> left = new ArrayList<>();
    every(
        p.nodes(),
        n -> {
          if (n.op() instanceof LinearOp.Contract) {
            left.add(n.operand(0).type());
          }
        });
    // Leaves in widths 4 and 12 and what lies between, inner nodes in 4 and 6.
    assertThat(left)
        .containsExactlyInAnyOrder(
            rows(4), rows(6), rows(8), rows(10), rows(12), rows(4), rows(4), rows(6), rows(6));
  }

  private static TreeCells.Case lstm() {
    return cases().stream().filter(c -> c.name().equals("lstm")).findFirst().orElseThrow();
  }

  private static Type rows(int n) {
    return Type.of(TreeCells.F, n, 3);
  }

  @Test
  void deferredGradientsAreOneProductForEachMatrix() {
    Program p = TreeLoops.run(lstm().program(new Form(true, true, List.of(12)), false));
    // Outside of the loop: the gradients of both inner matrices and of the leaves' one.
    Map<Integer, List<Type>> products = new HashMap<>();
    every(
        p.nodes().stream().filter(n -> !(n.op() instanceof ControlOp.For)).toList(),
        n -> {
          if (n.op() instanceof LinearOp.Contract c && c.leftContract().equals(List.of(0))) {
            int width = n.operand(0).type().dim(0);
            products.computeIfAbsent(width, w -> new ArrayList<>()).add(n.result().type());
          }
        });
    assertThat(products.keySet()).containsExactlyInAnyOrder(3, 6, 9, 12);
    products.forEach((width, made) ->
        assertThat(made)
            .as("width " + width)
            .containsExactlyInAnyOrder(
                Type.of(TreeCells.F, 3, 15),
                Type.of(TreeCells.F, 3, 15),
                Type.of(TreeCells.F, 3, 9)));
    // On the way back the cotangents of the two children are the only products.
    int[] inLoops = new int[1];
    every(
        p.nodes().stream()
            .filter(n -> n.op() instanceof ControlOp.For)
            .filter(n -> n.origin().phase() == dev.retrograde.ir.Origin.Phase.BACKWARD)
            .toList(),
        n -> inLoops[0] += n.op() instanceof LinearOp.Contract ? 1 : 0);
    assertThat(inLoops[0]).isEqualTo(2);
  }

  @Test
  void aLoopInABodyRunsNodeByNodeOnly() {
    TreeCells.Case c =
        TreeCells.all().stream().filter(x -> x.name().equals("halving")).findFirst().orElseThrow();
    for (Form f : forms()) {
      Program p = c.program(f, true);
      if (f.batched()) {
        assertThatThrownBy(() -> TreeLoops.run(p))
            .hasMessageContaining("While")
            .hasMessageContaining("Form.plain()");
        continue;
      }
      Program lowered = Verifier.verify(TreeLoops.run(p));
      Random r = new Random(4);
      for (int k = 0; k < 10; k++) {
        Map<String, HostTensor> in = c.numbers(SampleTrees.random(r, TreeCells.NODES), r, true);
        Map<String, HostTensor> found = run(lowered, in);
        run(p, in).forEach((name, x) -> near(x, found.get(name), name));
      }
    }
  }

  @Test
  void aProgramWithoutTreesIsLeftAlone() {
    Program p =
        dev.retrograde.trace.Trace.program(
            "plain", false, t -> t.output("y", t.neg(t.input("x", Type.of(TreeCells.F, 2)))));
    assertThat(TreeLoops.run(p)).isSameAs(p);
  }
}
