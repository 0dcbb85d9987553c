package dev.retrograde.bench.timing;

/// One of the two things that [PairedTiming] compares.
@FunctionalInterface
public interface Side {
  /// Does the work once; this is what is timed.
  void run();

  /// Called before each timed stretch, untimed.
  ///
  /// Training steps put their first parameters back here: a step repeated thousands of times on one
  /// batch fits it, its gradients become zero, and momentum that only decays ends in denormal
  /// numbers, whose arithmetic is many times slower on some processors.
  default void prepare() {}
}
