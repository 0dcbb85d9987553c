package dev.retrograde.ir;

/// Operands that do not fit an op, found while tracing. The message says which op of which layer on
/// which line of the user, what was expected, what was found, and what to do.
public final class ShapeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  public ShapeException(String message) {
    super(message);
  }
}
