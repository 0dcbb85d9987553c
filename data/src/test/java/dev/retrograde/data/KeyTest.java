package dev.retrograde.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KeyTest {
  private static final long KEY = Key.child(Key.of(7), "test");

  /// Saved runs resume with these numbers: they must not change.
  @Test
  void numbersStay() {
    assertThat(Long.toHexString(Key.of(0))).isEqualTo("c07bb84fa737be16");
    assertThat(Long.toHexString(Key.bits(KEY, 0))).isEqualTo("fdae1c499278ad16");
  }

  @Test
  void unitsAreEvenlySpread() {
    int[] bins = new int[16];
    double sum = 0;
    for (int i = 0; i < 160_000; i++) {
      double unit = Key.unit(KEY, i);
      sum += unit;
      bins[(int) (unit * 16)]++;
    }
    assertThat(sum / 160_000).isCloseTo(0.5, within(0.003));
    assertThat(Arrays.stream(bins).boxed().toList())
        .allSatisfy(bin -> assertThat(bin).isCloseTo(10_000, within(500)));
  }

  @Test
  void normalsHaveMeanZeroAndVarianceOne() {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < 100_000; i++) {
      double x = Key.normal(KEY, i);
      sum += x;
      squares += x * x;
    }
    assertThat(sum / 100_000).isCloseTo(0, within(0.015));
    assertThat(squares / 100_000).isCloseTo(1, within(0.02));
  }

  @Test
  void keysOfNeighboursAndTheirNumbersDiffer() {
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      for (int j = 0; j < 20; j++) {
        seen.add(Key.child(Key.child(KEY, i), j));
        seen.add(Key.bits(Key.child(KEY, i), j));
      }
    }
    assertThat(seen).hasSize(40_000);
    assertThat(Key.child(KEY, "ab")).isNotEqualTo(Key.child(KEY, "ba"));
    assertThat(Key.child(Key.child(KEY, "a"), "b")).isNotEqualTo(Key.child(KEY, "ab"));
  }

  @Test
  void belowStaysBelowAndReachesAll() {
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      seen.add(Key.below(KEY, i, 9));
    }
    assertThat(seen).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7, 8);
    assertThat(Key.below(KEY, 0, 1)).isZero();
    assertThat(Key.below(KEY, 3, Integer.MAX_VALUE)).isNotNegative();
    assertThatThrownBy(() -> Key.below(KEY, 0, 0)).hasMessageContaining("bound >= 1, found 0");
  }

  @Test
  void permutationsHoldEverythingOnce() {
    for (int n : new int[] {0, 1, 2, 13, 1021}) {
      int[] order = new int[n];
      Key.permutation(Key.child(KEY, n), order);
      int[] sorted = order.clone();
      Arrays.sort(sorted);
      for (int i = 0; i < n; i++) {
        assertThat(sorted[i]).isEqualTo(i);
      }
    }
  }

  @Test
  void permutationsOfThreeAreEquallyLikely() {
    int[] counts = new int[27];
    int[] order = new int[3];
    for (int i = 0; i < 60_000; i++) {
      Key.permutation(Key.child(KEY, i), order);
      counts[order[0] * 9 + order[1] * 3 + order[2]]++;
    }
    assertThat(Arrays.stream(counts).filter(count -> count > 0).toArray())
        .hasSize(6)
        .satisfies(all ->
            assertThat(Arrays.stream(all).boxed().toList())
                .allSatisfy(count -> assertThat(count).isBetween(9_500, 10_500)));
  }
}
