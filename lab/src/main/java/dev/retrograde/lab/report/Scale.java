package dev.retrograde.lab.report;

import java.util.ArrayList;
import java.util.List;

/// One axis of a chart: a range of values, written in a unit, linear or by powers of ten.
///
/// @param label beside the axis
/// @param unit how values are written
/// @param low the least value shown
/// @param high the largest, above `low`
/// @param logarithmic whether equal distances are equal ratios; then `low` is above 0
record Scale(String label, Unit unit, double low, double high, boolean logarithmic) {

  /// Around these values; from 0 if `fromZero`.
  static Scale around(String label, Unit unit, List<Double> values, boolean fromZero) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double v : values) {
      if (Double.isFinite(v)) {
        low = Math.min(low, v);
        high = Math.max(high, v);
      }
    }
    if (low > high) {
      return new Scale(label, unit, 0, 1, false);
    }
    if (fromZero) {
      return new Scale(label, unit, 0, high > 0 ? high * 1.04 : 1, false);
    }
    double room = high > low ? (high - low) * 0.06 : Math.max(1e-9, Math.abs(high) * 0.1);
    return new Scale(
        label, unit, low >= 0 ? Math.max(0, low - room) : low - room, high + room, false);
  }

  /// By powers of ten where the values span a factor of 20 and none is 0 or less; else from 0.
  static Scale wide(String label, Unit unit, List<Double> values) {
    double low = values.stream().filter(Double::isFinite).mapToDouble(v -> v).min().orElse(0);
    double high = values.stream().filter(Double::isFinite).mapToDouble(v -> v).max().orElse(1);
    return low > 0 && high / low >= 20
        ? new Scale(label, unit, low / 1.15, high * 1.15, true)
        : around(label, unit, values, true);
  }

  /// Where a value lies, from 0 to 1.
  double place(double value) {
    double at =
        logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return Math.clamp(at, 0, 1);
  }

  /// Values that deserve a line.
  List<Double> ticks(int about) {
    List<Double> ticks = new ArrayList<>();
    if (logarithmic) {
      boolean few = Math.log10(high / low) < 2.5;
      for (double p = Math.pow(10, Math.floor(Math.log10(low))); p <= high; p *= 10) {
        for (double m : few ? new double[] {1, 2, 5} : new double[] {1}) {
          if (p * m >= low && p * m <= high) {
            ticks.add(p * m);
          }
        }
      }
      return ticks;
    }
    double step = step(about);
    for (double i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-12); i++) {
      ticks.add(i * step + 0.0); // no negative zero
    }
    return ticks;
  }

  /// The distance of linear ticks: 1, 2 or 5 times a power of ten (of two for bytes).
  double step(int about) {
    double base = unit.base(high - low);
    double rough = (high - low) / about / base;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double m = rough / power;
    double step = base * power * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
    return unit == Unit.COUNT ? Math.max(1, step) : step;
  }

  /// A value beside the axis.
  String tick(double value, int about) {
    return unit.tick(value, logarithmic ? value : step(about));
  }
}
