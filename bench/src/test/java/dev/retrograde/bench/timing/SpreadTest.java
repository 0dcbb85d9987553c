package dev.retrograde.bench.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SpreadTest {
  @Test
  void medianOfAnOddCountIsTheMiddleValue() {
    assertThat(Spread.of(List.of(9.0, 1.0, 4.0))).isEqualTo(new Spread(4, 1, 9));
  }

  @Test
  void medianOfAnEvenCountIsTheMeanOfTheMiddleTwo() {
    assertThat(Spread.of(List.of(9.0, 1.0, 4.0, 2.0))).isEqualTo(new Spread(3, 1, 9));
  }

  @Test
  void oneOutlierDoesNotMoveTheMedian() {
    assertThat(Spread.of(List.of(1.0, 1.0, 1.0, 1000.0, 1.0)).median()).isEqualTo(1);
  }

  @Test
  void scalesEveryNumber() {
    assertThat(new Spread(2, 1, 3).times(1000)).isEqualTo(new Spread(2000, 1000, 3000));
  }

  @Test
  void refusesNothingAndNan() {
    assertThatThrownBy(() -> Spread.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("found none");
    assertThatThrownBy(() -> Spread.of(List.of(1.0, Double.NaN)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NaN");
  }
}
