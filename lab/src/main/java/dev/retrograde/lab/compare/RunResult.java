package dev.retrograde.lab.compare;

import dev.retrograde.lab.backward.BackwardRun;
import dev.retrograde.lab.record.Json;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Tag;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// One run of a comparison: one backward pass, one seed.
///
/// @param backward how it went backward
/// @param seed of the initial weights, the order of batches and everything else that is drawn
/// @param status how it ended
/// @param reason why it was refused or failed; empty if it is ok
/// @param resolved what each layer got, by layer path
/// @param course what happened step by step
/// @param cost what a step costs; empty if none was compiled
/// @param fidelity of its gradients; empty where they are exact or were not looked at
public record RunResult(
    BackwardRun backward,
    long seed,
    Status status,
    String reason,
    Map<String, String> resolved,
    Course course,
    Optional<Cost> cost,
    Optional<Fidelity> fidelity) {

  public RunResult {
    resolved = Collections.unmodifiableMap(new LinkedHashMap<>(resolved));
  }

  /// How a run ended.
  public enum Status {
    /// All epochs are done.
    OK,
    /// It never began, for a stated reason.
    REFUSED,
    /// It began and broke off, for a stated reason.
    FAILED;

    /// As the record spells it.
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// What happened.
  ///
  /// @param loss of each step
  /// @param seconds of each step, time spent on data left out
  /// @param blockSeconds the median of each block of steps between which runs took turns; blocks
  ///   that were still warming up left out
  /// @param accuracyByEpoch on the test part, from 0 to 1
  /// @param stepsByEpoch steps done when each of these was measured
  public record Course(
      List<Double> loss,
      List<Double> seconds,
      List<Double> blockSeconds,
      List<Double> accuracyByEpoch,
      List<Integer> stepsByEpoch) {
    /// Of a run that never began.
    public static final Course NONE =
        new Course(List.of(), List.of(), List.of(), List.of(), List.of());

    public Course {
      loss = List.copyOf(loss);
      seconds = List.copyOf(seconds);
      blockSeconds = List.copyOf(blockSeconds);
      accuracyByEpoch = List.copyOf(accuracyByEpoch);
      stepsByEpoch = List.copyOf(stepsByEpoch);
    }

    /// After the last epoch; NaN if none was finished.
    public double accuracy() {
      return accuracyByEpoch.isEmpty() ? Double.NaN : accuracyByEpoch.getLast();
    }

    /// The median of the warm blocks; of all steps where none is warm yet.
    public double secondsPerStep() {
      return Spread.median(blockSeconds.isEmpty() ? seconds : blockSeconds);
    }
  }

  /// What a step costs, from the compiled program and the operating system.
  ///
  /// @param memory every planned byte
  /// @param rssPeakBytes largest resident set of the process while the run was at work, whatever
  ///   else the process holds included; -1 if unknown
  /// @param rssGrowthBytes what the resident set grew by from before compiling to the end of the
  ///   first block of steps; -1 if unknown
  /// @param forwardMacs multiply-adds of forward, recomputation left out
  /// @param backwardMacs multiply-adds of backward, recomputation included
  /// @param parameters numbers that are trained
  /// @param compileSeconds from program to executable
  /// @param kernels launches a step
  /// @param distinctKernels of different code
  /// @param kept what backward reads of forward, and how memory was foretold
  public record Cost(
      MemoryReport memory,
      long rssPeakBytes,
      long rssGrowthBytes,
      long forwardMacs,
      long backwardMacs,
      long parameters,
      double compileSeconds,
      int kernels,
      int distinctKernels,
      Kept kept) {}

  /// Whether the run went to its end.
  public boolean ok() {
    return status == Status.OK;
  }

  /// As the record holds it.
  public ObjectNode json() {
    ObjectNode out = Json.object();
    out.put("backward", backward.toString());
    out.set("resolved", Json.tree(resolved));
    out.put("status", status.text());
    out.put("reason", reason.isEmpty() ? null : reason);
    out.put("seed", seed);
    Json.put(out, "accuracy", course.accuracy());
    Json.put(out, "accuracy_by_epoch", course.accuracyByEpoch());
    Json.put(out, "loss", course.loss());
    Json.put(out, "seconds_per_step", course.secondsPerStep());
    cost.ifPresentOrElse(c -> put(out, c), () -> putNone(out));
    fidelity.ifPresent(f -> out.set("gradient_fidelity", f.json()));
    return out;
  }

  private static void put(ObjectNode out, Cost cost) {
    ObjectNode peak = out.putObject("peak_bytes");
    peak.put("total", cost.memory().peakBytes());
    Map<Tag, Long> tags = cost.memory().atPeak();
    for (Tag tag : Tag.values()) {
      peak.put(tag.name().toLowerCase(Locale.ROOT), tags.getOrDefault(tag, 0L));
    }
    out.put("peak_node", cost.memory().peakNode());
    out.put("arena_bytes", cost.memory().arenaBytes());
    out.put("policy", cost.kept().policy());
    out.put("residual_bytes", cost.kept().bytes());
    out.put("kept_bytes", cost.kept().kept());
    out.put("reserved_bytes", cost.kept().reserved().bytes());
    cost.kept()
        .forecast()
        .ifPresent(f -> {
          out.put("forecast_peak_bytes", f.memory().peakBytes());
          out.put("forecast_bytes", f.bytes());
        });
    putKnown(out, "rss_peak_bytes", cost.rssPeakBytes());
    putKnown(out, "rss_growth_bytes", cost.rssGrowthBytes());
    out.put("forward_macs", cost.forwardMacs());
    out.put("backward_macs", cost.backwardMacs());
    out.put("parameters", cost.parameters());
    Json.put(out, "compile_seconds", cost.compileSeconds());
    out.put("kernels", cost.kernels());
    out.put("distinct_kernels", cost.distinctKernels());
  }

  private static void putKnown(ObjectNode out, String field, long value) {
    if (value < 0) {
      out.putNull(field);
    } else {
      out.put(field, value);
    }
  }

  private static void putNone(ObjectNode out) {
    for (String field :
        List.of(
            "peak_bytes",
            "arena_bytes",
            "rss_peak_bytes",
            "forward_macs",
            "backward_macs",
            "parameters")) {
      out.putNull(field);
    }
  }
}
