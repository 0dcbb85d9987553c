package dev.retrograde.runtime;

/// A program needs more memory than this process may use. Nothing was allocated.
public final class MemoryLimitException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  public MemoryLimitException(String message) {
    super(message);
  }
}
