package dev.retrograde.bench.engine;

import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.runtime.StepTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// Where the time of a step goes, by kernel.
///
/// A product cut into several launches counts as one kernel, since its multiply-adds belong to all
/// of them. In a network of many layers kernels of one kind stand together, under the kind's name.
///
/// @param lines by time, the longest first
public record KernelTimes(List<Line> lines) {
  private static final int MANY = 100;
  private static final int ROUNDS = 5;

  /// One kernel, or all of one kind.
  ///
  /// @param name with the layer's path, or the kind alone
  /// @param launches in one step
  /// @param macs multiply-adds in one step
  /// @param nanos in one step
  public record Line(Phase phase, String name, int launches, long macs, long nanos) {
    private Line plus(StepTime more) {
      return new Line(phase, name, launches + 1, macs + more.macs(), nanos + more.nanos());
    }

    /// Rate of its multiply-adds; 0 where there are none.
    public double gflops() {
      return 2.0 * macs / Math.max(1, nanos);
    }
  }

  /// Sorts and copies the lines.
  public KernelTimes {
    lines = lines.stream().sorted(Comparator.comparingLong(Line::nanos).reversed()).toList();
  }

  /// The least disturbed of several runs.
  ///
  /// @param profile runs once and times every kernel
  public static KernelTimes leastOf(Supplier<List<StepTime>> profile) {
    return Stream.generate(() -> of(profile.get()))
        .limit(ROUNDS)
        .min(Comparator.comparingLong(KernelTimes::nanos))
        .orElseThrow();
  }

  /// The kernels of one run.
  static KernelTimes of(List<StepTime> steps) {
    Map<List<Object>, Line> lines = new LinkedHashMap<>();
    for (StepTime step : steps) {
      String name = steps.size() > MANY ? kind(step.name()) : step.name();
      lines.merge(
          List.of(step.phase(), name),
          new Line(step.phase(), name, 1, step.macs(), step.nanos()),
          (line, _) -> line.plus(step));
    }
    return new KernelTimes(new ArrayList<>(lines.values()));
  }

  private static String kind(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /// Time of all kernels.
  public long nanos() {
    return lines.stream().mapToLong(Line::nanos).sum();
  }

  /// Time of the kernels with one of these names.
  long nanos(List<String> names) {
    return lines.stream().filter(l -> names.contains(l.name())).mapToLong(Line::nanos).sum();
  }

  /// The longest `count` kernels and the phases, a line of text each.
  public List<String> text(int count) {
    List<String> text = new ArrayList<>();
    for (Line line : lines.subList(0, Math.min(count, lines.size()))) {
      text.add(
          String.format(
              Locale.ROOT,
              "  %9.1f us %4.1f %%  %-8s %s%s%s",
              line.nanos() * 1e-3,
              share(line.nanos()),
              line.phase().name().toLowerCase(Locale.ROOT),
              line.name(),
              line.launches() == 1 ? "" : " x" + line.launches(),
              line.macs() == 0 ? "" : String.format(Locale.ROOT, "  %.0f GFLOP/s", line.gflops())));
    }
    text.add("  " + String.join(", ", Arrays.stream(Phase.values()).map(this::phase).toList()));
    return text;
  }

  private String phase(Phase phase) {
    long nanos = lines.stream().filter(l -> l.phase() == phase).mapToLong(Line::nanos).sum();
    return String.format(
        Locale.ROOT,
        "%s %.3f ms (%.0f %%)",
        phase.name().toLowerCase(Locale.ROOT),
        nanos * 1e-6,
        share(nanos));
  }

  private double share(long nanos) {
    return 100.0 * nanos / Math.max(1, nanos());
  }
}
