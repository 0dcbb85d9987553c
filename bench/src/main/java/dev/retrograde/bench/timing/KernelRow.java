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
/// @param borderShare the part of our time that copies the image into one with a border, 0 to 1;
///   counted in every number but `ratio_without_border`
/// @param difference the largest difference of both sides' results, in parts of the largest result
/// @param goal what the ratio must reach
/// @param probeShare the part of the probe's rate that must be reached, 0 where none is asked
public record KernelRow(
    String kernel,
    int threads,
    PairedResult timing,
    double flops,
    double probeGflops,
    String peerImplementation,
    double borderShare,
    double difference,
    Goal goal,
    double probeShare) {
  /// How far results may differ: sums of some ten thousand f32 products in different orders.
  private static final double AGREEMENT = 1e-4;

  /// Whether both sides computed the same and both figures are what they must be.
  public boolean met() {
    return difference <= AGREEMENT
        && goal.met(timing.ratio().median())
        && gflops() >= probeShare * probeGflops;
  }

  private double gflops() {
    return flops / timing.ours().median() * 1e-9;
  }

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
    fields.put("ratio_without_border", PeerRow.finite(ratio.median() / (1 - borderShare)));
    fields.put("gflops", PeerRow.finite(gflops()));
    fields.put("onednn_gflops", PeerRow.finite(flops / timing.peer().median() * 1e-9));
    fields.put("onednn_implementation", peerImplementation);
    fields.put("probe_gflops", PeerRow.finite(probeGflops));
    fields.put("difference", PeerRow.finite(difference));
    fields.put("pairs", timing.kept().size());
    fields.put("dropped_pairs", timing.dropped().size());
    fields.put("quiet", timing.quiet());
    fields.put("must", goal.must());
    fields.put("aim", goal.aim());
    fields.put("met", met());
    return fields;
  }
}
