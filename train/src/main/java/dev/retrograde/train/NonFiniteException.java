package dev.retrograde.train;

/// A loss was NaN or infinite. The run stops; weights, optimiser and statistics are what they were
/// before the step.
public final class NonFiniteException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long step;
  private final double loss;
  private final String where;

  NonFiniteException(long step, long epoch, int batch, double loss, String where) {
    super(
        "step %d (epoch %d, batch %d): the loss is %s; the first value that is not finite comes from %s%n  Weights, optimiser and statistics are as before this step. Lower the learning rate, warm up, or look at this batch."
            .formatted(step, epoch, batch, loss, where));
    this.step = step;
    this.loss = loss;
    this.where = where;
  }

  /// The step, counted from 0, that was not taken.
  public long step() {
    return step;
  }

  public double loss() {
    return loss;
  }

  /// Layer and op, input or state entry with the first value that is not finite.
  public String where() {
    return where;
  }
}
