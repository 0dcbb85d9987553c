package dev.retrograde.autodiff;

import org.junit.jupiter.api.Test;

/// Gradients of random programs of nested control flow.
class RandomControlTest {
  private static final int PROGRAMS = 200;

  @Test
  void gradientsAreCentralDifferences() {
    for (long seed = 0; seed < PROGRAMS; seed++) {
      try {
        RandomControl.check(seed).check();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("RandomControl.check(" + seed + ").check()", e);
      }
    }
  }
}
