package dev.retrograde.bench.timing;

import java.util.Arrays;
import java.util.Collection;

/// Median and range of a set of measurements.
///
/// @param median the middle value, or the mean of the two middle ones
/// @param low the smallest value
/// @param high the largest value
public record Spread(double median, double low, double high) {
  /// Checks that `low <= median <= high`, which also refuses NaN.
  public Spread {
    if (!(low <= median && median <= high)) {
      throw new IllegalArgumentException(
          "Spread: expected low <= median <= high, found " + low + ", " + median + ", " + high);
    }
  }

  /// The spread of `values`, which must hold at least one value and no NaN.
  public static Spread of(Collection<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("Spread: expected at least one measurement, found none");
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    if (Arrays.stream(sorted).anyMatch(Double::isNaN)) {
      throw new IllegalArgumentException("Spread: a measurement is NaN in " + values);
    }
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1]);
  }

  /// Every number multiplied by `factor` (positive), for a change of unit.
  public Spread times(double factor) {
    return new Spread(median * factor, low * factor, high * factor);
  }
}
