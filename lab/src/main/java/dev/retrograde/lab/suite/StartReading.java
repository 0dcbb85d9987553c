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
/// @param steps seconds of each step, from its batch to its loss
record StartReading(
    double main,
    double target,
    double data,
    double traced,
    double compiled,
    double firstStep,
    List<Double> steps) {
  private static final int TENTH = 9;

  StartReading {
    steps = List.copyOf(steps);
  }

  /// Seconds from the traced program to an executable.
  double compile() {
    return compiled - traced;
  }

  /// Seconds of the tenth step.
  double tenth() {
    return steps.get(TENTH);
  }

  /// Median seconds of the second half of the steps.
  double steady() {
    return Spread.median(steps.subList(steps.size() / 2, steps.size()));
  }
}
