package dev.retrograde.data.load;

/// Where a loader stands: the batch that comes next. Part of a checkpoint.
///
/// @param epoch passes over the data that are complete
/// @param batch batches of this epoch that were handed out; the number of batches means the same as
///   the start of the next epoch
public record Position(long epoch, int batch) {

  /// Before the first batch of the first epoch.
  public static final Position START = new Position(0, 0);

  public Position {
    if (epoch < 0 || batch < 0) {
      throw new IllegalArgumentException(
          "Position: expected epoch and batch of at least 0, found %d and %d."
              .formatted(epoch, batch));
    }
  }
}
