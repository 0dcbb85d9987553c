package dev.retrograde.bench.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

final class ProbeTest {
  @Test
  void probesReadPositiveRates() {
    try (FmaProbe fma = new FmaProbe(2, 100)) {
      assertThat(fma.rate()).isPositive().isFinite();
    }
    assertThat(new CopyProbe(2, 1000).rate()).isPositive().isFinite();
  }

  @Test
  void theCrewRunsEveryNumberOnce() {
    AtomicIntegerArray runs = new AtomicIntegerArray(5);
    Crew.run(5, runs::incrementAndGet);
    assertThat(runs.toString()).isEqualTo("[1, 1, 1, 1, 1]");
  }

  @Test
  void aFailureOnAnyThreadReachesTheCaller() {
    assertThatThrownBy(() ->
            Crew.run(
                3,
                number -> {
                  if (number == 2) {
                    throw new ArithmeticException("number two");
                  }
                }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("number two");
  }

  @Test
  void refusesNoThreads() {
    assertThatThrownBy(() -> new FmaProbe(0, 1)).hasMessageContaining("at least 1 thread");
    assertThatThrownBy(() -> new CopyProbe(0, 1)).hasMessageContaining("at least 1 thread");
  }
}
