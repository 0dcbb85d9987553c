package dev.retrograde.bench.timing;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One row of `bench --suite kernels`.
///
/// @param kernel what is computed, for example `conv-forward n64 32x32 16->16 k3`
/// @param threads threads of each side
/// @param timing seconds a call of both sides
/// @param flops floating-point operations of one call
/// @param probeGflops best rate of the fused-multiply-add probe
/// @param peerImplementation which of its implementations the peer chose
/// @param goal what the ratio must reach
public record KernelRow(
    String kernel,
    int threads,
    PairedResult timing,
    double flops,
    double probeGflops,
    String peerImplementation,
    Goal goal) {

  /// The row as JSON fields in their order; numbers that are not finite are null.
  public Map<String, @Nullable Object> fields() {
    Spread ratio = timing.ratio();
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("task", kernel);
    fields.put("batch", null);
    fields.put("threads", threads);
    fields.put("retrograde_ms", PeerRow.finite(timing.ours().median() * 1e3));
    fields.put("onednn_ms", PeerRow.finite(timing.peer().median() * 1e3));
    fields.put("ratio", PeerRow.finite(ratio.median()));
    fields.put("ratio_low", PeerRow.finite(ratio.low()));
    fields.put("ratio_high", PeerRow.finite(ratio.high()));
    fields.put("gflops", PeerRow.finite(flops / timing.ours().median() * 1e-9));
    fields.put("onednn_gflops", PeerRow.finite(flops / timing.peer().median() * 1e-9));
    fields.put("onednn_implementation", peerImplementation);
    fields.put("probe_gflops", PeerRow.finite(probeGflops));
    fields.put("pairs", timing.kept().size());
    fields.put("dropped_pairs", timing.dropped().size());
    fields.put("quiet", timing.quiet());
    fields.put("must", goal.must());
    fields.put("aim", goal.aim());
    fields.put("met", goal.met(ratio.median()));
    return fields;
  }
}
