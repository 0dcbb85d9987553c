package dev.retrograde.bench.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(value = OS.LINUX, disabledReason = "pinning uses Linux calls")
final class CorePinningTest {
  @Test
  void pinsToTheFirstCoreAndGivesTheOthersBack() {
    List<Integer> before = CorePinning.cores();
    try (CorePinning _ = CorePinning.toFirst(1)) {
      assertThat(CorePinning.cores()).containsExactly(before.getFirst());
    }
    assertThat(CorePinning.cores()).isEqualTo(before);
  }

  @Test
  void threadsStartedWhilePinnedInheritTheCore() throws InterruptedException {
    List<Integer> before = CorePinning.cores();
    try (CorePinning _ = CorePinning.toFirst(1)) {
      Thread child =
          new Thread(
              () -> assertThat(CorePinning.cores()).containsExactly(before.getFirst()), "child");
      Throwable[] failure = new Throwable[1];
      child.setUncaughtExceptionHandler((_, thrown) -> failure[0] = thrown);
      child.start();
      child.join();
      assertThat(failure[0]).isNull();
    }
  }

  @Test
  void refusesMoreCoresThanThereAre() {
    int cores = CorePinning.cores().size();
    assertThatThrownBy(() -> CorePinning.toFirst(cores + 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected 1 to " + cores);
  }
}
