package dev.retrograde.bench.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import org.junit.jupiter.api.Test;

final class RowTest {
  private static PairedResult timing(double ours, double peer) {
    Pair pair = new Pair(ours, peer, List.of(100.0));
    return new PairedResult(List.of(pair), List.of(), List.of(100.0), 1);
  }

  @Test
  void peerRowHasItsFieldsInOrder() {
    var row =
        new PeerRow(
            "mlp",
            16,
            1,
            timing(0.001, 0.003),
            2e7,
            150,
            4,
            12.5,
            "contiguous",
            1e-6,
            new Goal(1.3, 2));
    assertThat(row.fields().keySet())
        .containsExactly(
            "task",
            "batch",
            "threads",
            "retrograde_ms",
            "libtorch_ms",
            "ratio",
            "ratio_low",
            "ratio_high",
            "gflops",
            "probe_gflops",
            "distinct_kernels",
            "compile_ms",
            "libtorch_setting",
            "loss_difference",
            "pairs",
            "dropped_pairs",
            "quiet",
            "must",
            "aim",
            "met");
    assertThat(row.fields())
        .contains(
            entry("retrograde_ms", 1.0),
            entry("libtorch_ms", 3.0),
            entry("ratio", 3.0),
            entry("gflops", 20.0),
            entry("met", true));
  }

  @Test
  void aRatioBelowMustIsNotMet() {
    var row =
        new PeerRow("mlp", 16, 1, timing(1, 1.29), 1, 1, 1, 1, "contiguous", 0, new Goal(1.3, 2));
    assertThat(row.fields()).contains(entry("met", false));
  }

  @Test
  void whatIsUnknownIsNull() {
    var row =
        new PeerRow(
            "elementwise",
            0,
            2,
            timing(1, 4),
            Double.NaN,
            150,
            1,
            1,
            "contiguous",
            0,
            new Goal(3, 6));
    assertThat(row.fields()).contains(entry("batch", null), entry("gflops", null));
  }

  @Test
  void kernelRowGivesBothRates() {
    var row =
        new KernelRow(
            "product", 1, timing(0.002, 0.001), 2e8, 150, "jit", 0.2, 0, new Goal(0.95, 1), 0);
    assertThat(row.fields())
        .contains(
            entry("gflops", 100.0),
            entry("onednn_gflops", 200.0),
            entry("ratio", 0.5),
            entry("ratio_without_border", 0.625),
            entry("onednn_implementation", "jit"),
            entry("met", false));
  }

  @Test
  void unequalWorkIsNotMet() {
    var row =
        new PeerRow("mlp", 16, 1, timing(1, 9), 1, 1, 1, 1, "contiguous", 2e-3, new Goal(1, 2));
    assertThat(row.met()).isFalse();
    var unknown =
        new PeerRow(
            "mlp", 16, 1, timing(1, 9), 1, 1, 1, 1, "contiguous", Double.NaN, new Goal(1, 2));
    assertThat(unknown.met()).isFalse();
  }

  @Test
  void aKernelMustReachItsShareOfTheProbe() {
    var timing = timing(0.002, 0.004);
    assertThat(new KernelRow("p", 1, timing, 2e8, 126, "jit", 0, 0, new Goal(1, 2), 0.8).met())
        .isFalse();
    assertThat(new KernelRow("p", 1, timing, 2e8, 124, "jit", 0, 0, new Goal(1, 2), 0.8).met())
        .isTrue();
    assertThat(new KernelRow("p", 1, timing, 2e8, 124, "jit", 0, 1e-3, new Goal(1, 2), 0).met())
        .isFalse();
  }

  @Test
  void refusesAnAimBelowTheMust() {
    assertThatThrownBy(() -> new Goal(2, 1)).hasMessageContaining("must 2.0 and aim 1.0");
  }
}
