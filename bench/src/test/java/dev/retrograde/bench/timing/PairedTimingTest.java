package dev.retrograde.bench.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

/// All times here come from a clock that only the sides under test move.
final class PairedTimingTest {
  private static final long OURS = 2_000_000;
  private static final long PEER = 5_000_000;

  private long now;

  private Side side(long nanoseconds) {
    return () -> now += nanoseconds;
  }

  private static Probe probe(DoubleSupplier rate) {
    return new Probe() {
      @Override
      public String name() {
        return "scripted";
      }

      @Override
      public String unit() {
        return "GFLOP/s";
      }

      @Override
      public double rate() {
        return rate.getAsDouble();
      }
    };
  }

  private PairedTiming timing(DoubleSupplier rate) {
    return new PairedTiming(PairedTiming.Limits.standard(), List.of(probe(rate)), () -> now);
  }

  @Test
  void reportsTheRatioOfThePeersTimeToOurs() {
    PairedResult result = timing(() -> 100).measure(side(OURS), side(PEER));
    assertThat(result.quiet()).isTrue();
    assertThat(result.kept()).hasSize(7);
    assertThat(result.ratio().median()).isCloseTo(2.5, within(1e-9));
    assertThat(result.ours().median()).isCloseTo(2e-3, within(1e-12));
    assertThat(result.peer().median()).isCloseTo(5e-3, within(1e-12));
  }

  @Test
  void theSidesTakeTurns() {
    List<String> order = new ArrayList<>();
    Side ours =
        new Side() {
          @Override
          public void run() {
            now += 300_000_000;
          }

          @Override
          public void prepare() {
            order.add("A");
          }
        };
    Side peer =
        new Side() {
          @Override
          public void run() {
            now += 300_000_000;
          }

          @Override
          public void prepare() {
            order.add("B");
          }
        };
    timing(() -> 100).measure(ours, peer);
    String turns = String.join("", order);
    assertThat(turns).endsWith("AB".repeat(7));
    assertThat(turns.substring(0, turns.length() - 14)).matches("A+B+");
  }

  @Test
  void pairsBesideASlowProbeAreDroppedAndReplaced() {
    int[] reading = {0};
    // Reading 2 is taken after the second pair and before the third: both are dropped.
    PairedResult result =
        timing(() -> reading[0]++ == 2 ? 89 : 100).measure(side(OURS), side(PEER));
    assertThat(result.dropped()).hasSize(2);
    assertThat(result.kept()).hasSize(7);
    assertThat(result.quiet()).isTrue();
  }

  @Test
  void aProbeAtNinetyPercentIsStillQuiet() {
    int[] reading = {0};
    PairedResult result =
        timing(() -> reading[0]++ == 2 ? 90 : 100).measure(side(OURS), side(PEER));
    assertThat(result.dropped()).isEmpty();
  }

  @Test
  void aBetterReadingLaterDropsEarlierPairs() {
    int[] reading = {0};
    PairedResult result = timing(() -> reading[0]++ < 4 ? 50 : 100).measure(side(OURS), side(PEER));
    assertThat(result.dropped()).hasSize(4);
    assertThat(result.kept()).hasSize(7);
    assertThat(result.probeBest()).containsExactly(100.0);
  }

  @Test
  void aMachineThatNeverQuietsIsReportedAsBusy() {
    int[] reading = {0};
    PairedResult result =
        timing(() -> reading[0]++ == 0 ? 100 : 10).measure(side(OURS), side(PEER));
    assertThat(result.quiet()).isFalse();
    assertThat(result.kept()).isEmpty();
    assertThat(result.dropped()).hasSize(21);
    assertThat(result.ratio().median()).isCloseTo(2.5, within(1e-9));
  }

  @Test
  void refusesFewerThanSevenPairs() {
    assertThatThrownBy(() -> new PairedTiming.Limits(6, 21, 0.2, 0.5, 0.9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("7 <= pairs");
  }
}
