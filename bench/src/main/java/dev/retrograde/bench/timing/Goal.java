package dev.retrograde.bench.timing;

/// The ratios a row is measured against.
///
/// @param must the ratio peer time / our time that must be reached, positive
/// @param aim the ratio hoped for, at least `must`
public record Goal(double must, double aim) {
  /// Checks that `0 < must <= aim`.
  public Goal {
    if (!(must > 0 && aim >= must)) {
      throw new IllegalArgumentException(
          "Goal: expected 0 < must <= aim, found must " + must + " and aim " + aim);
    }
  }

  /// Whether `ratio` reaches [#must].
  public boolean met(double ratio) {
    return ratio >= must;
  }
}
