package dev.retrograde.bench.timing;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One row of `bench --suite peers`.
///
/// @param task the task's name
/// @param batch samples a step, or 0 where a task has no batch
/// @param threads threads of each side
/// @param timing seconds a step of both sides
/// @param flops floating-point operations of one step's products and convolutions, NaN where a task
///   has none
/// @param probeGflops best rate of the fused-multiply-add probe
/// @param distinctKernels kernels compiled for our step, each counted once
/// @param compileMilliseconds time our side took to compile the step
/// @param peerSetting how the peer was fastest, for example `channels_last, 2 threads`
/// @param lossDifference the largest relative difference of both sides' losses from equal weights
/// @param goal what the ratio must reach
public record PeerRow(
    String task,
    int batch,
    int threads,
    PairedResult timing,
    double flops,
    double probeGflops,
    int distinctKernels,
    double compileMilliseconds,
    String peerSetting,
    double lossDifference,
    Goal goal) {
  /// How far losses may differ: more means that the sides do not do the same work.
  private static final double AGREEMENT = 1e-3;

  /// Whether both sides did equal work and the ratio is what it must be.
  public boolean met() {
    return lossDifference <= AGREEMENT && goal.met(timing.ratio().median());
  }

  /// The row as JSON fields in their order; numbers that are not finite are null.
  public Map<String, @Nullable Object> fields() {
    Spread ratio = timing.ratio();
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("task", task);
    fields.put("batch", batch == 0 ? null : batch);
    fields.put("threads", threads);
    fields.put("retrograde_ms", finite(timing.ours().median() * 1e3));
    fields.put("libtorch_ms", finite(timing.peer().median() * 1e3));
    fields.put("ratio", finite(ratio.median()));
    fields.put("ratio_low", finite(ratio.low()));
    fields.put("ratio_high", finite(ratio.high()));
    fields.put("gflops", finite(flops / timing.ours().median() * 1e-9));
    fields.put("probe_gflops", finite(probeGflops));
    fields.put("distinct_kernels", distinctKernels);
    fields.put("compile_ms", finite(compileMilliseconds));
    fields.put("libtorch_setting", peerSetting);
    fields.put("loss_difference", finite(lossDifference));
    fields.put("pairs", timing.kept().size());
    fields.put("dropped_pairs", timing.dropped().size());
    fields.put("quiet", timing.quiet());
    fields.put("must", goal.must());
    fields.put("aim", goal.aim());
    fields.put("met", met());
    return fields;
  }

  static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
