package dev.retrograde.callback;

/// A continuation that was lent to user code, which must run it exactly once before it returns.
///
/// Without this check a forgotten continuation silently loses the gradients of everything after it,
/// and a second call silently doubles them.
final class Once<T> implements Cont<T> {
  private final String lender;
  private final String what;
  private final int number;
  private final Cont<T> k;
  private boolean ran;

  /// @param lender the operator that lends it, with its line
  /// @param what it is lent to, such as a branch
  /// @param number which one of these, or -1
  Once(String lender, String what, int number, Cont<T> k) {
    this.lender = lender;
    this.what = what;
    this.number = number;
    this.k = k;
  }

  private String borrower() {
    return lender + ": " + what + (number < 0 ? "" : " " + number);
  }

  @Override
  public void run(T y) {
    if (ran) {
      throw new IllegalStateException(
          borrower()
              + " runs its continuation a second time at "
              + Place.line()
              + ", expected exactly once; gradients would be counted twice");
    }
    ran = true;
    k.run(y);
  }

  void returned() {
    if (!ran) {
      throw new IllegalStateException(
          borrower()
              + " returned without running its continuation, expected exactly once; gradients of all"
              + " that follows would be lost: run it on every path");
    }
  }
}
