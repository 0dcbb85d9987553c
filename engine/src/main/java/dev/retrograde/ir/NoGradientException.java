package dev.retrograde.ir;

/// A gradient was asked for where none exists. The message names the op that cut the path.
public final class NoGradientException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  public NoGradientException(String message) {
    super(message);
  }
}
