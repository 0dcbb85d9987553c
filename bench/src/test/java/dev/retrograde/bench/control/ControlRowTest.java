package dev.retrograde.bench.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.bench.timing.Pair;
import dev.retrograde.bench.timing.PairedResult;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ControlRowTest {
  private static final PairedResult TWICE =
      PairedResult.split(
          Collections.nCopies(7, new Pair(1, 2, List.of(1.0))), List.of(1.0), 0.9, 7);

  private final ControlRow plain = ControlRow.of("tree", "staged", "ms a tree", 3);

  private ControlRow beside(double must) {
    return plain.beside(new ControlRow.Beside("tape", TWICE, must, must));
  }

  @Test
  void aFigureWithoutLimitsIsMet() {
    assertThat(plain.met()).isTrue();
    assertThat(plain.row().fields())
        .containsEntry("value", 3.0)
        .containsEntry("ratio", null)
        .containsEntry("met", true);
  }

  @Test
  void valuesAreLimitedFromAbove() {
    assertThat(plain.within(3, 1).met()).isTrue();
    assertThat(plain.within(2.9, 1).met()).isFalse();
  }

  @Test
  void ratiosAreLimitedFromBelow() {
    assertThat(beside(2).met()).isTrue();
    assertThat(beside(2.1).met()).isFalse();
    assertThat(beside(2.1).row().fields())
        .containsEntry("ratio", 2.0)
        .containsEntry("ratio_must", 2.1)
        .containsEntry("quiet", true);
  }

  @Test
  void unequalLossesSpoilARow() {
    assertThat(plain.losses(1e-5).met()).isTrue();
    assertThat(plain.losses(1e-3).met()).isFalse();
  }

  @Test
  void differencesAreRelativeAboveOne() {
    assertThat(ControlRow.difference(new float[] {2, 0.5f}, new float[] {4, 0.25f})).isEqualTo(0.5);
    assertThat(ControlRow.difference(new float[] {Float.NaN}, new float[] {1}))
        .isEqualTo(Double.POSITIVE_INFINITY);
    assertThatThrownBy(() -> ControlRow.difference(new float[1], new float[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected equally many losses, found 1 and 2");
  }
}
