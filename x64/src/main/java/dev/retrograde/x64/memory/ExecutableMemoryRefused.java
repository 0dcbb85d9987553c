package dev.retrograde.x64.memory;

/// Machine code cannot be loaded here; the message says why, and what serves instead.
public final class ExecutableMemoryRefused extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  private final String reason;

  ExecutableMemoryRefused(String reason) {
    super("executable memory refused: " + reason + "; use the target jvm instead");
    this.reason = reason;
  }

  /// Why, in a sentence for the user.
  public String reason() {
    return reason;
  }
}
