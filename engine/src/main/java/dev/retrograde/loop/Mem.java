package dev.retrograde.loop;

/// A place in a parameter's buffer, in elements of its storage type.
public record Mem(int param, Affine at) {
  @Override
  public String toString() {
    return "p" + param + "[" + at + "]";
  }
}
