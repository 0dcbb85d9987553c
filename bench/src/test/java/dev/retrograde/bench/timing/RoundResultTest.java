package dev.retrograde.bench.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Times come from a clock that only the sides move.
final class RoundResultTest {
  private long now;

  private Side side(String name, long nanoseconds, List<String> order) {
    return new Side() {
      @Override
      public void prepare() {
        order.add(name);
      }

      @Override
      public void run() {
        now += nanoseconds;
      }
    };
  }

  @Test
  void allSidesTakeTurnsAndAnyTwoArePairs() {
    List<String> order = new ArrayList<>();
    List<Side> sides =
        List.of(
            side("a", 300_000_000, order),
            side("b", 600_000_000, order),
            side("c", 900_000_000, order));
    RoundResult result =
        new PairedTiming(new PairedTiming.Limits(7, 7, 0.2, 0, 0.9), List.of(), () -> now)
            .measure(sides);
    assertThat(result.rounds()).hasSize(7);
    assertThat(result.pair(0, 1).ratio()).isEqualTo(new Spread(2, 2, 2));
    assertThat(result.pair(2, 1).ratio().median()).isCloseTo(2.0 / 3, within(1e-12));
    assertThat(order.subList(3, 9)).containsExactly("a", "b", "c", "a", "b", "c");
  }

  @Test
  void aRoundBesideASlowProbeIsDroppedForEveryPair() {
    RoundResult result =
        new RoundResult(
            List.of(
                new RoundResult.Round(List.of(1.0, 2.0), List.of(100.0)),
                new RoundResult.Round(List.of(5.0, 5.0), List.of(80.0))),
            List.of(100.0),
            0.9,
            1);
    assertThat(result.pair(0, 1).kept()).hasSize(1);
    assertThat(result.pair(0, 1).ratio().median()).isEqualTo(2);
    assertThat(result.quiet()).isTrue();
  }
}
