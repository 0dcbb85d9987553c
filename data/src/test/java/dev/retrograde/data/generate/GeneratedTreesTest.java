package dev.retrograde.data.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.data.Tree;
import dev.retrograde.data.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GeneratedTreesTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 99})
  void asManyTreesAsTheTreebankHaveItsSizes(long seed) {
    TreeSet set = GeneratedTrees.of(1_101, seed);
    TreeSet.Statistics s = set.statistics();
    assertThat(s.nodes()).isEqualTo(41_447);
    assertThat(s.leaves()).isEqualTo(21_274);
    assertThat(s.largest()).isEqualTo(97);
    assertThat(s.deepest()).isBetween(22, 28);
    double depth = set.trees().stream().mapToInt(Tree::depth).average().orElseThrow();
    assertThat(depth).isCloseTo(10.9, within(0.5));
  }

  @Test
  void labelsAreAsFrequentAsInTheTreebank() {
    int[] counts = new int[5];
    TreeSet set = GeneratedTrees.standard();
    for (Tree tree : set.trees()) {
      for (int label : tree.scores()) {
        counts[label]++;
      }
    }
    int[] real = {1_070, 4_613, 28_305, 5_781, 1_678};
    for (int label = 0; label < 5; label++) {
      assertThat((double) counts[label] / real[label]).isCloseTo(1, within(0.1));
    }
  }

  @Test
  void treesAreFunctionsOfTheSeed() {
    assertThat(GeneratedTrees.of(20, 3).trees()).isEqualTo(GeneratedTrees.of(20, 3).trees());
    assertThat(GeneratedTrees.of(20, 3).trees()).isNotEqualTo(GeneratedTrees.of(20, 4).trees());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void fewTreesCanBeHad(int trees) {
    assertThat(GeneratedTrees.of(trees, 1).size()).isEqualTo(trees);
    assertThat(GeneratedTrees.of(trees, 1).trees().getFirst().size()).isEqualTo(97);
  }
}
