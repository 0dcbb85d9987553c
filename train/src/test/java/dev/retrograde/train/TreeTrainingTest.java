package dev.retrograde.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.data.TreeBank;
import dev.retrograde.data.TreeSet;
import dev.retrograde.data.Vocabulary;
import dev.retrograde.data.generate.GeneratedTrees;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Layers;
import dev.retrograde.nn.recurrent.Sequences;
import dev.retrograde.nn.recurrent.TreeLstm;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.target.Target;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs on trees, from a treebank to a saved model.
class TreeTrainingTest {
  private static TreeBank bank(int trees) {
    TreeSet all = GeneratedTrees.of(trees, 5);
    Vocabulary words = Vocabulary.of(all.wordCounts(), 2, 200);
    TreeSet coded = all.encoded(words);
    return new TreeBank("generated", words, coded, coded.first(10), coded.first(5));
  }

  private static Setup setup(String model, TreeBank bank) {
    return Training.of(model)
        .data(Material.of(bank))
        .batch(1)
        .epochs(3)
        .update(Optimizers.adagrad(0.1), Schedule.constant())
        .target(new JvmTarget());
  }

  @Test
  void lossesFallAndASavedModelJudgesAlike(@TempDir Path folder) throws IOException {
    TreeBank bank = bank(30);
    Evaluation judged;
    try (Training run = setup("tree-lstm:12", bank).start()) {
      run.epochs(3);
      assertThat(run.epochResults().get(2).trainLoss())
          .isLessThan(0.9 * run.epochResults().get(0).trainLoss());
      judged = run.evaluate();
      assertThat(judged.count()).isEqualTo(10);
      run.save(folder);
      assertThatThrownBy(run::sampler).hasMessageContaining("trained on text");
    }
    Material material = Material.of(bank);
    try (SavedModel m = SavedModel.open(folder, new JvmTarget(), Target.Options.DEFAULT)) {
      assertThat(m.card().input())
          .isEqualTo(
              new ModelCard.Trees(bank.train().statistics().largest(), bank.vocabulary().size()));
      assertThat(m.evaluate(material.test(1), material.evaluation(1))).isEqualTo(judged);
    }
  }

  @Test
  void howNodesAreRunMovesRoundingsOnly() {
    TreeBank bank = bank(12);
    double[] first = null;
    for (boolean batched : new boolean[] {true, false}) {
      for (boolean deferred : new boolean[] {true, false}) {
        TreeOp.Form standard = TreeOp.Form.standard();
        Layer net =
            Layers.sequential(
                Layers.named(
                    "tree",
                    new TreeLstm(
                        Sequences.binaryTreeLstm(8),
                        Layers.embedding(bank.vocabulary().size(), 20).freeze(),
                        new TreeOp.Form(batched, deferred, standard.widths()))),
                Layers.named("fc", Layers.dense(bank.train().classes())));
        try (Training run =
            Training.of("own", net)
                .data(Material.of(bank))
                .batch(1)
                .update(Optimizers.adagrad(0.1))
                .target(new JvmTarget())
                .start()) {
          run.steps(12);
          double[] losses = run.losses().toArray();
          if (first == null) {
            first = losses;
          }
          for (int i = 0; i < losses.length; i++) {
            assertThat(losses[i] / first[i])
                .isCloseTo(1, org.assertj.core.data.Offset.offset(1e-4));
          }
        }
      }
    }
  }

  @Test
  void wordVectorsThatTrainMoveWhereTheyWereReadOnly() {
    TreeBank bank = bank(1);
    Layer net =
        Layers.sequential(
            Layers.named(
                "tree",
                new TreeLstm(
                    Sequences.binaryTreeLstm(6),
                    Layers.embedding(bank.vocabulary().size() + 50, 9),
                    TreeOp.Form.standard())),
            Layers.named("fc", Layers.dense(bank.train().classes())));
    try (Training run =
        Training.of("own", net)
            .data(Material.of(bank))
            .batch(1)
            .update(Optimizers.adam(0.1).weightDecay(0.1).rows("**.words.weight"))
            .target(new JvmTarget())
            .start()) {
      String table =
          run.state().entries().stream()
              .map(StateEntry::name)
              .filter(n -> n.endsWith("words.weight") && !n.startsWith("optimizer"))
              .findFirst()
              .orElseThrow();
      var before = run.state().get(table);
      run.steps(1);
      var after = run.state().get(table);
      int rows = before.dim(0);
      int moved = 0;
      for (int r = 0; r < rows; r++) {
        moved += before.bits(9 * r) == after.bits(9 * r) ? 0 : 1;
      }
      assertThat(moved).isBetween(1, rows - 50);
    }
  }

  @Test
  void treesComeOneAtATime() {
    assertThatThrownBy(() -> setup("tree-lstm:4", bank(5)).batch(2).start())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a batch of 1");
  }
}
