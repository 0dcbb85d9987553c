package dev.retrograde.data.load;

import dev.retrograde.data.Key;

/// Which samples make up which batch: a function of (seed, epoch) and the sizes alone.
///
/// @param samples samples in the set, at least 1
/// @param batch samples a batch, at least 1; the last batch of an epoch has what is left
/// @param seed draws the permutation of each epoch
/// @param shuffled false: every epoch runs from front to back
public record BatchOrder(int samples, int batch, long seed, boolean shuffled) {

  public BatchOrder {
    if (samples < 1 || batch < 1) {
      throw new IllegalArgumentException(
          "BatchOrder: expected at least 1 sample and a batch of at least 1, found %d and %d."
              .formatted(samples, batch));
    }
  }

  /// Batches an epoch, the short last one included.
  public int batches() {
    return (int) (((long) samples + batch - 1) / batch);
  }

  /// Samples in batch `index` of any epoch.
  public int count(int index) {
    return (int) Math.min(batch, samples - (long) index * batch);
  }

  /// Fills `order` (one entry a sample) with the samples of an epoch in their order.
  public void fill(long epoch, int[] order) {
    if (shuffled) {
      Key.permutation(Key.child(Key.child(Key.of(seed), "order"), epoch), order);
    } else {
      for (int i = 0; i < order.length; i++) {
        order[i] = i;
      }
    }
  }
}
