package dev.retrograde.lab.compare;

import java.util.List;

/// Mean and spread of a few numbers.
///
/// @param count how many
/// @param mean NaN if there are none
/// @param deviation of the sample (divided by count - 1); 0 for fewer than two
public record Spread(int count, double mean, double deviation) {
  /// 97.5 % points of Student's distribution, by degrees of freedom from 1.
  private static final double[] STUDENT = {
    12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
        2.145,
    2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052,
        2.048,
    2.045, 2.042
  };

  /// Of these numbers.
  public static Spread of(List<Double> values) {
    int n = values.size();
    double mean = values.stream().mapToDouble(Double::doubleValue).sum() / n;
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    return new Spread(n, n == 0 ? Double.NaN : mean, n < 2 ? 0 : Math.sqrt(squares / (n - 1)));
  }

  /// Half the width of the 95 % interval of the mean; infinite for fewer than two numbers.
  public double margin() {
    if (count < 2) {
      return Double.POSITIVE_INFINITY;
    }
    double factor = count - 2 < STUDENT.length ? STUDENT[count - 2] : 1.96;
    return factor * deviation / Math.sqrt(count);
  }

  /// The middle one of these numbers, or the mean of the two in the middle; NaN if there are none.
  public static double median(List<Double> values) {
    return quantile(values, 0.5);
  }

  /// The number below which this share of the numbers lies, between neighbours by proportion.
  public static double quantile(List<Double> values, double share) {
    if (values.isEmpty()) {
      return Double.NaN;
    }
    List<Double> sorted = values.stream().sorted().toList();
    double place = share * (sorted.size() - 1);
    int low = (int) Math.floor(place);
    int high = Math.min(low + 1, sorted.size() - 1);
    return sorted.get(low) + (place - low) * (sorted.get(high) - sorted.get(low));
  }
}
