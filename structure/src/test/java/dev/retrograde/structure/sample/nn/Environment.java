package dev.retrograde.structure.sample.nn;

/// Reads the environment where it must not.
public final class Environment {
  public String home() {
    return System.getenv("HOME");
  }
}
