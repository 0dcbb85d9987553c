package dev.retrograde.lab.suite;

import dev.retrograde.lab.compare.Spread;
import java.util.List;

/// What one process wrote about its start. Moments are seconds from just before the process was
/// started, by the clock of the system.
///
/// @param main `main` was entered
/// @param target a target was chosen and tried
/// @param data samples were there
/// @param traced programs were traced and the state was filled
/// @param compiled the step was compiled
/// @param firstStep the first step was finished
/// @param steps seconds of each step, from filling its inputs to its results
/// @param withBatches the same with the wait for each step's batch before it
record StartReading(
    double main,
    double target,
    double data,
    double traced,
    double compiled,
    double firstStep,
    List<Double> steps,
    List<Double> withBatches) {
  private static final int TENTH = 9;

  StartReading {
    steps = List.copyOf(steps);
    withBatches = List.copyOf(withBatches);
  }

  /// Seconds from the traced program to an executable.
  double compile() {
    return compiled - traced;
  }

  /// The tenth of these.
  static double tenth(List<Double> steps) {
    return steps.get(TENTH);
  }

  /// The median of the second half of these.
  static double steady(List<Double> steps) {
    return Spread.median(steps.subList(steps.size() / 2, steps.size()));
  }
}
