package dev.retrograde.ir;

/// Text that is not a program. The message gives line and column, what was expected and found, and
/// shows the line with a caret under the place.
public final class SyntaxException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  private final int line;
  private final int column;

  SyntaxException(int line, int column, String message) {
    super(message);
    this.line = line;
    this.column = column;
  }

  /// From 1.
  public int line() {
    return line;
  }

  /// From 1.
  public int column() {
    return column;
  }
}
