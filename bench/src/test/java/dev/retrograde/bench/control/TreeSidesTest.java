package dev.retrograde.bench.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.data.generate.GeneratedTrees;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// All ways to run the TreeLSTM train alike: losses of trees in a row, updates between them.
final class TreeSidesTest {
  private static final int TREES = 6;

  private final Target target = Targets.find().choose("auto").target();
  private final TreeWork work = TreeWork.of("some", GeneratedTrees.of(TREES, 3), 12);
  private final TreeWeights shape = new TreeWeights(12, 8);
  private final Map<String, float[]> first = shape.draw(11);

  private float[] losses(TreeSide opened) {
    try (TreeSide side = opened) {
      return new TreeEpoch(side, work, first).losses(TREES);
    }
  }

  private void agree(List<TreeSide> sides) {
    float[] expected = losses(new CallbackTree(work, shape));
    assertThat(expected).hasSize(TREES).doesNotHaveDuplicates();
    for (TreeSide side : sides) {
      assertThat(ControlRow.difference(losses(side), expected)).as(side.name()).isLessThan(1e-4);
    }
  }

  @Test
  @DisplayName("14: libtorch and the tape have the losses of callbacks")
  void eagerSidesHaveTheLossesOfCallbacks() {
    List<TreeSide> sides = new ArrayList<>();
    for (GateForm form : GateForm.values()) {
      sides.add(new TorchTree(work, shape, form, 1));
      sides.add(new TapeTree(work, shape, form, target));
    }
    agree(sides);
  }

  @Test
  @DisplayName("14, 17: compiled steps have the losses of callbacks, each switch on and off")
  void compiledStepsHaveTheLossesOfCallbacks() {
    List<TreeSide> sides = new ArrayList<>();
    sides.add(new StagedTree(work, shape, TreeStaging.perNode(), target));
    for (TreeStaging staging : TreeStaging.ablation()) {
      sides.add(new StagedTree(work, shape, staging, target));
    }
    agree(sides);
  }

  @Test
  void restartingRepeatsTheRun() {
    try (TreeSide tape = new TapeTree(work, shape, GateForm.MERGED, target);
        TreeSide staged = new StagedTree(work, shape, TreeStaging.batched(), target)) {
      for (TreeSide side : List.of(tape, staged)) {
        TreeEpoch epoch = new TreeEpoch(side, work, first);
        assertThat(epoch.losses(TREES)).as(side.name()).isEqualTo(epoch.losses(TREES));
      }
    }
  }

  @Test
  void gatesAreColumns() {
    float[] all = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    assertThat(TreeWeights.gate(all, 2, 1, 2)).containsExactly(2, 3, 8, 9);
  }

  @Test
  void theStandardSizeHasTheParametersOfTheSpecification() {
    int count = TreeWeights.standard().draw(1).values().stream().mapToInt(v -> v.length).sum();
    assertThat(count).isEqualTo(361_805);
  }

  @Test
  void vectorsDependOnTheWordAlone() {
    TreeWork other = TreeWork.of("others", GeneratedTrees.of(2, 9), 12);
    assertThat(other.vectors()).isEqualTo(work.vectors());
  }
}
