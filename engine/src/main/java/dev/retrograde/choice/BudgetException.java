package dev.retrograde.choice;

/// A number of bytes that no policy can meet.
public final class BudgetException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long budget;
  private final long least;

  BudgetException(String message, long budget, long least) {
    super(message);
    this.budget = budget;
    this.least = least;
  }

  /// Bytes that were asked for.
  public long budget() {
    return budget;
  }

  /// The fewest bytes that a policy among those allowed comes to.
  public long least() {
    return least;
  }
}
