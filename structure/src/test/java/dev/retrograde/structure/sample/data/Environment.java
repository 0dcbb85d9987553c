package dev.retrograde.structure.sample.data;

/// Reads the environment where it may.
public final class Environment {
  public String home() {
    return System.getenv("HOME");
  }
}
