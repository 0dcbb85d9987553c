package dev.retrograde.pass.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.autodiff.TreeCells;
import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.SampleTrees;
import dev.retrograde.ir.TreeOp.Form;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Folds over trees and their gradients as bytecode: one executable for trees of every form.
class TreesOnKernelsTest {
  private static List<TreeCells.Case> cases() {
    return TreeCells.batchable();
  }

  @DisplayName("14: batched by height or node by node, kernels agree with the interpreter")
  @ParameterizedTest
  @MethodSource("cases")
  void kernelsAgreeWithTheInterpreter(TreeCells.Case c) {
    for (Form form : List.of(new Form(true, true, List.of(1, 2, 4)), Form.plain())) {
      Program p = c.program(form, false);
      Random r = new Random(31);
      List<SampleTrees> trees =
          new ArrayList<>(
              List.of(
                  SampleTrees.full(3),
                  SampleTrees.leaf(),
                  SampleTrees.chain(TreeCells.NODES, true),
                  new SampleTrees(List.of(), List.of())));
      while (trees.size() < 12) {
        trees.add(SampleTrees.random(r, TreeCells.NODES));
      }
      try (StateStore state = StateStore.of(1, p);
          Executable e = new JvmTarget().compile(p, state, Target.Options.DEFAULT)) {
        for (SampleTrees tree : trees) {
          Map<String, HostTensor> in = c.numbers(tree, r, false);
          in.forEach((name, x) -> Segments.write(e.input(name), x));
          e.run();
          Interpreter.run(p, in, Map.of())
              .outputs()
              .forEach((name, y) -> {
                HostTensor found = Segments.read(e.output(name), y.type());
                for (int i = 0; i < y.size(); i++) {
                  assertThat(found.get(i))
                      .as("%s[%d] on %s, %s", name, i, tree, form)
                      .isCloseTo(y.get(i), within(1e-12 * Math.max(1, Math.abs(y.get(i)))));
                }
              });
        }
      }
    }
  }
}
