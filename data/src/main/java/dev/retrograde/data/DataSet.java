package dev.retrograde.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The two parts of a data set: one to train on, one to judge by.
///
/// @param name what messages and reports call it
/// @param train the samples to learn from
/// @param test the samples to judge by; equal shape and classes
/// @param notes what the user should be told once: a split that was made, a part that is shorter
///   than its original
public record DataSet(String name, ImageSet train, ImageSet test, List<String> notes) {

  public DataSet {
    notes = List.copyOf(notes);
    if (!train.shape().equals(test.shape()) || train.classes() != test.classes()) {
      throw new IllegalArgumentException(
          "DataSet '%s': expected parts of equal shape and classes, found train %s with %d, test %s with %d."
              .formatted(name, train.shape(), train.classes(), test.shape(), test.classes()));
    }
  }

  /// A data set without a test part of its own: one sample in five, drawn by `seed`, is set aside.
  /// Both parts keep the original order.
  ///
  /// @param all at least 2 samples
  public static DataSet split(String name, ImageSet all, long seed, List<String> notes) {
    int tests = Math.max(1, all.size() / 5);
    if (all.size() < 2) {
      throw new IllegalArgumentException(
          "DataSet '%s': expected at least 2 samples to split, found %d."
              .formatted(name, all.size()));
    }
    int[] order = new int[all.size()];
    Key.permutation(Key.child(Key.of(seed), "split"), order);
    int[] test = Arrays.copyOf(order, tests);
    int[] train = Arrays.copyOfRange(order, tests, order.length);
    Arrays.sort(test);
    Arrays.sort(train);
    List<String> told = new ArrayList<>(notes);
    told.add(
        "No test part: %d of %d samples, drawn with seed %d, are set aside for testing."
            .formatted(tests, all.size(), seed));
    return new DataSet(
        name, all.select(name + " train", train), all.select(name + " test", test), told);
  }
}
