package dev.retrograde.lab.suite;

import dev.retrograde.lab.task.PerfMapped;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.target.Target;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A named set of measurements, found as a service.
public interface Suite {
  /// As the command line asks for it, such as `accept-core`.
  String name();

  /// What it measures, in one line.
  String summary();

  /// Parts that can be asked for alone; empty if it has none.
  List<String> parts();

  /// Measures, and hands over each row as soon as it is known.
  void run(Settings settings, Listener listener);

  /// What the user asked for.
  ///
  /// @param part only this one of [Suite#parts]; empty: all
  /// @param threads empty: what the suite measures by its own plan
  /// @param target name of the target, or `auto`
  /// @param kept where a long suite keeps the runs that are done, to go on from there; empty:
  ///   nowhere
  /// @param perfMap whether kernels are named for `perf`
  record Settings(
      Optional<String> part,
      Optional<Integer> threads,
      String target,
      Optional<Path> kept,
      boolean perfMap) {
    /// The target that is meant.
    ///
    /// @throws IllegalArgumentException if it cannot be used here
    public Target chosen() {
      Target found = Targets.find().choose(target).target();
      return perfMap ? PerfMapped.of(found) : found;
    }

    /// Whether a part is wanted.
    public boolean wants(String name) {
      return part.isEmpty() || part.get().equals(name);
    }
  }

  /// Who is told.
  interface Listener {
    /// A finished row.
    void row(SuiteRow row);

    /// A line for people: what is going on, or where a row's time went.
    void note(String line);
  }
}
