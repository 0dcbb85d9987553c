package dev.retrograde.data.read;

/// What to take from a data set.
///
/// @param limit the first `limit` training samples and at most `limit` test samples; at least 1
/// @param classes the number of classes of an idx set, whose files do not say it
/// @param leaveOutSubstituted whether records listed in `jpeg-substituted-records.txt` are left out
/// @param splitSeed draws the test part of a set that brings none
public record ReadOptions(int limit, int classes, boolean leaveOutSubstituted, long splitSeed) {

  /// Everything there is, ten classes, nothing left out.
  public static final ReadOptions ALL = new ReadOptions(Integer.MAX_VALUE, 10, false, 0);

  public ReadOptions {
    if (limit < 1) {
      throw new IllegalArgumentException(
          "ReadOptions: expected a limit of at least 1, found " + limit + ".");
    }
    if (classes < 2 || classes > 256) {
      throw new IllegalArgumentException(
          "ReadOptions: expected 2 to 256 classes, found " + classes + ".");
    }
  }

  /// These options with another limit.
  public ReadOptions limitedTo(int samples) {
    return new ReadOptions(samples, classes, leaveOutSubstituted, splitSeed);
  }

  /// These options with another number of classes.
  public ReadOptions withClasses(int count) {
    return new ReadOptions(limit, count, leaveOutSubstituted, splitSeed);
  }

  /// These options, leaving out the listed records of CIFAR-10.
  public ReadOptions withoutSubstituted() {
    return new ReadOptions(limit, classes, true, splitSeed);
  }

  /// These options with another seed for the split.
  public ReadOptions splitBy(long seed) {
    return new ReadOptions(limit, classes, leaveOutSubstituted, seed);
  }
}
