package dev.retrograde.ir;

import java.time.LocalDate;
import java.time.ZoneOffset;

/// The seed of a run's random tests, and the command that repeats a failure.
public final class Repeat {
  private Repeat() {}

  /// From the property `retrograde.seed`, else new for every day, so that a run that failed and the
  /// one that looks into it see the same.
  public static long seed() {
    return Long.getLong("retrograde.seed", LocalDate.now(ZoneOffset.UTC).toEpochDay());
  }

  /// Runs a body; a failure names the command that repeats it.
  public static void with(Class<?> test, long seed, Runnable body) {
    try {
      body.run();
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          e.getMessage()
              + "\nrepeat with: ./mvnw -pl engine test -Dtest="
              + test.getSimpleName()
              + " -Dretrograde.seed="
              + seed,
          e);
    }
  }
}
