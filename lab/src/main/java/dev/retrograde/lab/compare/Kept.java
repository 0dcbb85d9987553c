package dev.retrograde.lab.compare;

import dev.retrograde.choice.Residual;
import dev.retrograde.choice.Saved;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.Reservation;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.Target;
import dev.retrograde.train.Training;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a step keeps for its backward part, and how memory was foretold.
///
/// @param policy what was applied, in the spelling of saving policies; under a budget the mixture
///   that it found
/// @param residuals every forward value that backward reads
/// @param reserved what the executable and its state took outside the heap
/// @param forecast what was said before anything was allocated; empty for a target that does not
///   plan ahead
public record Kept(
    String policy, List<Residual> residuals, Reservation reserved, Optional<Forecast> forecast) {
  public Kept {
    residuals = List.copyOf(residuals);
  }

  /// Of the full step of a run; forecasts it once more.
  static Kept of(Training run, Target target, Target.Options options) {
    Saved saved = run.saved();
    Executable step = run.stepExecutable();
    return new Kept(
        saved.policy().spec(),
        saved.residuals(),
        step.reserved(),
        forecast(saved, target, options));
  }

  private static Optional<Forecast> forecast(Saved saved, Target target, Target.Options options) {
    try {
      return Optional.of(target.forecast(saved.program(), options));
    } catch (UnsupportedOperationException e) {
      return Optional.empty(); // an own target may not plan ahead
    }
  }

  /// Bytes of all residuals as backward reads them.
  public long bytes() {
    return residuals.stream().mapToLong(Residual::bytes).sum();
  }

  /// Bytes kept from forward for backward.
  public long kept() {
    return residuals.stream().mapToLong(Residual::kept).sum();
  }

  /// The policy in few words: many layers of one policy are named by the first and the last.
  public String summary() {
    List<String> parts = List.of(policy.split("\\+"));
    if (parts.size() <= 3) {
      return policy;
    }
    Map<String, List<String>> layers = new LinkedHashMap<>();
    for (String part : parts.subList(1, parts.size())) {
      int sign = part.indexOf('=');
      layers
          .computeIfAbsent(part.substring(sign + 1), k -> new ArrayList<>())
          .add(part.substring(0, sign));
    }
    return parts.getFirst()
        + layers.entrySet().stream()
            .map(e ->
                ", but %s for %s"
                    .formatted(
                        e.getKey(),
                        e.getValue().size() == 1
                            ? e.getValue().getFirst()
                            : e.getValue().getFirst() + " to " + e.getValue().getLast()))
            .collect(Collectors.joining());
  }

  /// Relative error of the forecast of every reserved byte; NaN without a forecast.
  public double forecastError() {
    return forecast.map(f -> (double) f.bytes() / reserved.bytes() - 1).orElse(Double.NaN);
  }
}
