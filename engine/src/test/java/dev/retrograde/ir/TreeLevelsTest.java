package dev.retrograde.ir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class TreeLevelsTest {
  private static final int NONE = -1;

  @Test
  void nodesAreSortedByHeight() {
    //   0
    //  1 2
    //     3
    TreeLevels t =
        TreeLevels.of(new int[] {1, NONE, NONE, NONE}, new int[] {2, NONE, 3, NONE}, 4, 5);
    assertThat(t.levels()).isEqualTo(3);
    assertThat(t.order()).containsExactly(1, 3, 2, 0);
    assertThat(t.starts()).containsExactly(0, 2, 3, 4, 4, 4);
  }

  @Test
  void arraysMayBeLongerThanTheTree() {
    TreeLevels t = TreeLevels.of(new int[] {NONE, 7}, new int[] {NONE, 8}, 1, 2);
    assertThat(t.levels()).isEqualTo(1);
    assertThat(t.order()).containsExactly(0, 0);
    assertThat(t.starts()).containsExactly(0, 1, 1);
    assertThat(TreeLevels.of(new int[] {7}, new int[] {7}, 0, 1).levels()).isZero();
  }

  @Test
  void everyNodeComesAfterItsChildren() {
    Random r = new Random(5);
    for (int k = 0; k < 100; k++) {
      SampleTrees s = SampleTrees.random(r, 40);
      int[] left = s.left().stream().mapToInt(x -> x).toArray();
      int[] right = s.right().stream().mapToInt(x -> x).toArray();
      TreeLevels t = TreeLevels.of(left, right, s.count(), 40);
      int[] level = new int[s.count()];
      for (int h = 0; h < t.levels(); h++) {
        for (int at = t.starts()[h]; at < t.starts()[h + 1]; at++) {
          level[t.order()[at]] = h;
        }
      }
      assertThat(t.order()).doesNotHaveDuplicates();
      for (int i = 0; i < s.count(); i++) {
        int below = -1;
        for (int child : new int[] {left[i], right[i]}) {
          below = child < 0 ? below : Math.max(below, level[child]);
        }
        assertThat(level[i]).isEqualTo(below + 1);
      }
    }
  }

  @Test
  void whatIsNoTreeIsRefused() {
    assertThatThrownBy(() -> TreeLevels.of(new int[] {1, 0}, new int[] {NONE, NONE}, 2, 2))
        .hasMessageContaining("node 1 has child 0")
        .hasMessageContaining("no cycles");
    assertThatThrownBy(() -> TreeLevels.of(new int[] {5, NONE}, new int[] {NONE, NONE}, 2, 2))
        .hasMessageContaining("node 0 has child 5")
        .hasMessageContaining("below 2");
    assertThatThrownBy(() -> TreeLevels.of(new int[] {1, NONE}, new int[] {1, NONE}, 2, 2))
        .hasMessageContaining("node 1 is a child of 0 and of 0");
    assertThatThrownBy(() -> TreeLevels.of(new int[] {NONE, NONE}, new int[] {NONE, NONE}, 2, 2))
        .hasMessageContaining("node 1 is nobody's child");
    assertThatThrownBy(() -> TreeLevels.of(new int[] {1, NONE}, new int[] {NONE, NONE}, 2, 1))
        .hasMessageContaining("2 nodes high, there is room for 1");
    assertThatThrownBy(() -> TreeLevels.of(new int[] {1}, new int[] {1}, 2, 1))
        .hasMessageContaining("room for all nodes");
  }
}
