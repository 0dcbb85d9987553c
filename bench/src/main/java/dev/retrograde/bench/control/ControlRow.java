package dev.retrograde.bench.control;

import dev.retrograde.bench.timing.PairedResult;
import dev.retrograde.bench.timing.Spread;
import dev.retrograde.lab.suite.SuiteRow;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One figure of `bench --suite control`. Every row has the same columns; what a figure has not is
/// null.
///
/// @param part of the suite
/// @param side what was measured
/// @param quantity what the value is, with its unit, such as `ms a tree`
/// @param value measured
/// @param bound what the value must be below or at
/// @param beside how it compares with another side
/// @param lossDifference the largest relative difference of both sides' losses
/// @param note what must be known to read the row
public record ControlRow(
    String part,
    String side,
    String quantity,
    double value,
    @Nullable Bound bound,
    @Nullable Beside beside,
    double lossDifference,
    String note) {
  /// How far losses may differ, relative where they are above 1.
  static final double AGREEMENT = 1e-4;

  /// Limits of a value from above.
  public record Bound(double must, double aim) {}

  /// Another side in the same rounds.
  ///
  /// @param name of it
  /// @param pairs this side first
  /// @param must the least ratio of times, the other's over this one's; 0 where none is asked
  /// @param aim the ratio hoped for
  public record Beside(String name, PairedResult pairs, double must, double aim) {
    Spread ratio() {
      return pairs.ratio();
    }
  }

  /// A figure that stands alone.
  public static ControlRow of(String part, String side, String quantity, double value) {
    return new ControlRow(part, side, quantity, value, null, null, Double.NaN, "");
  }

  /// With limits of the value.
  public ControlRow within(double must, double aim) {
    return new ControlRow(
        part, side, quantity, value, new Bound(must, aim), beside, lossDifference, note);
  }

  /// With another side.
  public ControlRow beside(Beside other) {
    return new ControlRow(part, side, quantity, value, bound, other, lossDifference, note);
  }

  /// With the difference of losses.
  public ControlRow losses(double difference) {
    return new ControlRow(part, side, quantity, value, bound, beside, difference, note);
  }

  /// With a remark.
  public ControlRow note(String remark) {
    return new ControlRow(part, side, quantity, value, bound, beside, lossDifference, remark);
  }

  /// Whether every limit is kept; losses that are not compared are not held against it.
  public boolean met() {
    return (bound == null || value <= bound.must())
        && (beside == null || beside.ratio().median() >= beside.must())
        && !(lossDifference > AGREEMENT);
  }

  /// As a row of the suite.
  public SuiteRow row() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("task", part);
    fields.put("side", side);
    fields.put("quantity", quantity);
    fields.put("value", finite(value));
    fields.put("value_must", bound == null ? null : finite(bound.must()));
    fields.put("value_aim", bound == null ? null : finite(bound.aim()));
    fields.put("beside", beside == null ? null : beside.name());
    fields.put("ratio", beside == null ? null : finite(beside.ratio().median()));
    fields.put("ratio_low", beside == null ? null : finite(beside.ratio().low()));
    fields.put("ratio_high", beside == null ? null : finite(beside.ratio().high()));
    fields.put("ratio_must", beside == null || beside.must() == 0 ? null : beside.must());
    fields.put("ratio_aim", beside == null || beside.aim() == 0 ? null : beside.aim());
    fields.put("loss_difference", finite(lossDifference));
    fields.put("pairs", beside == null ? null : beside.pairs().kept().size());
    fields.put("dropped_pairs", beside == null ? null : beside.pairs().dropped().size());
    fields.put("quiet", beside == null ? null : beside.pairs().quiet());
    fields.put("note", note.isEmpty() ? null : note);
    fields.put("met", met());
    return new SuiteRow(fields, met());
  }

  private static @Nullable Double finite(double number) {
    return Double.isFinite(number) ? number : null;
  }

  /// The largest difference of losses in equal places, relative where the second's is above 1.
  public static double difference(float[] ours, float[] others) {
    if (ours.length != others.length || ours.length == 0) {
      throw new IllegalArgumentException(
          "expected equally many losses, found " + ours.length + " and " + others.length);
    }
    double worst = 0;
    for (int i = 0; i < ours.length; i++) {
      double scale = Math.max(1, Math.abs(others[i]));
      double difference = Math.abs((double) ours[i] - others[i]) / scale;
      worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
    }
    return worst;
  }
}
