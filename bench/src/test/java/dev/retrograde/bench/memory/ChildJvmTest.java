package dev.retrograde.bench.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.bench.libtorch.TorchAllocator;
import dev.retrograde.bench.libtorch.TorchLayout;
import dev.retrograde.choice.Saving;
import org.junit.jupiter.api.Test;

final class ChildJvmTest {
  private static final ChildJvm SMALL = new ChildJvm(128, 120);
  private static final String TASK = "resnet20";
  private static final int BATCH = 64;

  /// Classes and code of the virtual machine move resident memory by some megabytes.
  private static final long SLACK = 15_000_000;

  @Test
  void ourTrainingTakesWhatIsPlanned() {
    MemoryReading reading =
        SMALL.measure(TASK, new MemoryCase.Ours("x64", new Saving.Store()), BATCH, 1);
    assertThat(reading.planned()).isGreaterThan(reading.arena());
    assertThat(reading.peakOfSteps()).isTrue();
    assertThat(reading.training()).isBetween(reading.planned() - SLACK, reading.planned() + SLACK);
  }

  @Test
  void libtorchsTrainingTakesItsActivations() {
    MemoryReading reading =
        SMALL.measure(
            TASK,
            new MemoryCase.Peer(TorchLayout.CHANNELS_LAST, TorchAllocator.AS_IT_COMES),
            BATCH,
            1);
    assertThat(reading.arena()).isZero();
    // Inputs of the seven norms of stem and first stage, and what their relus give.
    assertThat(reading.growth()).isGreaterThan(2L * 7 * BATCH * 32 * 32 * 16 * 4 - SLACK);
  }

  @Test
  void aFailureShowsTheLastLinesOfTheProcess() {
    MemoryCase ours = new MemoryCase.Ours("x64", new Saving.Store());
    assertThatThrownBy(() -> SMALL.measure("none", ours, 1, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no task is called 'none'");
  }
}
