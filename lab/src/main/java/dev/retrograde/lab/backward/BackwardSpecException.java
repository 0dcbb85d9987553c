package dev.retrograde.lab.backward;

/// A backward specification that cannot be read: what is wrong, and a caret under the place.
public final class BackwardSpecException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String source;
  private final int at;

  BackwardSpecException(String source, int at, String problem) {
    super(
        "backward specification: %s%n  %s%n  %s^"
            .formatted(problem, source, " ".repeat(Math.max(0, at))));
    this.source = source;
    this.at = at;
  }

  /// The whole specification.
  public String source() {
    return source;
  }

  /// The place in it, counted from 0.
  public int at() {
    return at;
  }
}
