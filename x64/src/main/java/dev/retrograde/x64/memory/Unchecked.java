package dev.retrograde.x64.memory;

/// What a method handle threw, without the declaration that method handles carry.
final class Unchecked {
  private Unchecked() {}

  static RuntimeException of(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    if (e instanceof RuntimeException unchecked) {
      return unchecked;
    }
    throw new AssertionError("a downcall threw a checked exception", e);
  }
}
