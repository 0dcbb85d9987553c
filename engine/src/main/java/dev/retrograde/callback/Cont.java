package dev.retrograde.callback;

/// A continuation: the rest of the program, waiting for a value. Whoever is given one calls it
/// exactly once on every path; [Callbacks] checks that.
@FunctionalInterface
public interface Cont<T> {
  void run(T y);
}
