package dev.retrograde.bench.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.bench.libtorch.TorchAllocator;
import dev.retrograde.bench.libtorch.TorchLayout;
import dev.retrograde.bench.timing.Pair;
import dev.retrograde.bench.timing.PairedResult;
import dev.retrograde.choice.Saving;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MemoryRowTest {
  private static final MemoryReading READING =
      new MemoryReading(100_000_000, 150_000_000, 300_000_000, true, 140_000_000, 160_000_000);

  private static MemoryRow row(double lossDifference, double first, boolean lossless) {
    PairedResult pairs =
        new PairedResult(List.of(new Pair(2, 3, List.of())), List.of(), List.of(), 1);
    return new MemoryRow(
        "exact",
        "resnet18",
        128,
        1,
        READING,
        new MemoryRow.Timed(pairs.ours(), pairs),
        new MemoryRow.Beside(
            pairs.ratio(), 400_000_000, 225_000_000, lossDifference, first, lossless),
        "x64");
  }

  @Test
  void ratiosAreLibtorchsFigureDividedByOurs() {
    assertThat(row(0, 0, true).fields())
        .containsEntry("step_ms", 2000.0)
        .containsEntry("time_ratio", 1.5)
        .containsEntry("training_mb", 200.0)
        .containsEntry("training_ratio", 2.0)
        .containsEntry("growth_mb", 150.0)
        .containsEntry("growth_ratio", 1.5)
        .containsEntry("arena_mb", 140.0)
        .doesNotContainKeys("must", "aim");
  }

  @Test
  void libtorchsOwnRowHasNoRatios() {
    MemoryRow row = new MemoryRow("libtorch", "resnet18", 128, 1, READING, null, null, "");
    assertThat(row.met()).isTrue();
    assertThat(row.fields())
        .containsEntry("time_ratio", null)
        .containsEntry("training_ratio", null)
        .containsEntry("step_ms", null);
  }

  @Test
  void lossesOfLosslessPoliciesMustAgreeThroughoutAndOfLossyOnesAtFirst() {
    assertThat(row(1e-4, 1e-5, true).met()).isTrue();
    assertThat(row(1e-2, 1e-5, true).met()).isFalse();
    assertThat(row(1e-2, 1e-5, false).met()).isTrue();
    assertThat(row(1e-2, 1e-2, false).met()).isFalse();
    assertThat(row(Double.NaN, 1e-5, true).met()).isFalse();
  }

  @Test
  void readingsComeBackFromTheirFile(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("reading");
    READING.write(file);
    assertThat(MemoryReading.read(file)).isEqualTo(READING);
  }

  @Test
  void aPeakBelowItsBeginningIsRefused() {
    assertThatThrownBy(() -> new MemoryReading(1, 10, 9, true, 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("built 10, peak 9");
  }

  @Test
  void casesComeBackFromTheirWords() {
    for (MemoryCase given :
        List.of(
            new MemoryCase.Ours("x64", new Saving.Quantized(8)),
            new MemoryCase.Peer(TorchLayout.CHANNELS_LAST, TorchAllocator.KEEPS_LARGE))) {
      assertThat(MemoryCase.parse(given.words())).isEqualTo(given);
    }
    assertThatThrownBy(() -> MemoryCase.parse(List.of("theirs", "x64", "store")))
        .hasMessageContaining("theirs");
  }
}
