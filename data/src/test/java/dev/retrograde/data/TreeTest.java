package dev.retrograde.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TreeTest {
  /// `(0 (1 a) (2 (3 b) (4 a)))`
  private static final Tree TREE =
      Tree.of(
          new int[] {0, 1, 2, 3, 4},
          new int[] {-1, 0, -1, 1, 0},
          new int[] {1, -1, 3, -1, -1},
          new int[] {2, -1, 4, -1, -1});

  @Test
  void heightsCountFromTheLeaves() {
    assertThat(TREE.heights()).containsExactly(2, 0, 1, 0, 0);
    assertThat(TREE.depth()).isEqualTo(3);
    assertThat(TREE.leaves()).isEqualTo(3);
  }

  @Test
  void arraysThatAreNoTreeAreRefused() {
    int[] zero = new int[3];
    int[] leaf = {-1, 0, 0};
    assertThatThrownBy(() -> Tree.of(zero, leaf, new int[] {1, -1, -1}, new int[] {1, -1, -1}))
        .hasMessageContaining("two children after it with no other parent at node 0");
    assertThatThrownBy(() -> Tree.of(zero, leaf, new int[] {1, -1, -1}, new int[] {3, -1, -1}))
        .hasMessageContaining("found 0 and 3");
    assertThatThrownBy(() -> Tree.of(zero, new int[] {0, 0, 0}, leaf, leaf))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> Tree.of(new int[2], new int[2], new int[] {-1, -1}, new int[] {-1, -1}))
        .hasMessageContaining("a parent before it at node 1");
    assertThatThrownBy(() -> Tree.of(zero, leaf, new int[] {1, -1, -1}, new int[2]))
        .hasMessageContaining("four arrays of equal length");
    assertThatThrownBy(() -> Tree.of(new int[0], new int[0], new int[0], new int[0]))
        .hasMessageContaining("at least 1, found 0");
  }

  @Test
  void aVocabularyGivesNewCodesAndUnknownWords() {
    TreeSet set = new TreeSet("s", 5, List.of("a", "b"), List.of(TREE, TREE));
    assertThat(set.wordCounts()).isEqualTo(Map.of("a", 4, "b", 2));
    TreeSet encoded = set.encoded(Vocabulary.of(set.wordCounts(), 3, 9));
    assertThat(encoded.words()).containsExactly("<unk>", "a");
    assertThat(encoded.trees().get(1).words()).containsExactly(-1, 1, -1, 0, 1);
    assertThat(encoded.fingerprint()).isNotEqualTo(set.fingerprint());
  }

  @Test
  void labelsAndWordsOutsideTheSetAreRefused() {
    assertThatThrownBy(() -> new TreeSet("s", 4, List.of("a", "b"), List.of(TREE)))
        .hasMessageContaining(
            "labels below 4 and words below 2, found 4 and 0 at node 4 of tree 0");
    assertThatThrownBy(() -> new TreeSet("s", 5, List.of("a"), List.of(TREE)))
        .hasMessageContaining("found 3 and 1 at node 3");
  }
}
