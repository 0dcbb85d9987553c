package dev.retrograde.data.load;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a loader does with a set: part of a run's record.
///
/// @param batch samples a batch, at least 1
/// @param seed draws order and augmentation
/// @param shuffled whether each epoch has an order of its own
/// @param epochs passes over the data, at least 1
/// @param augmentations applied to each image in this order, with distinct names
/// @param normalization how bytes become numbers; null scales them to 0 to 1
/// @param prefetch batches prepared ahead, at least 1; each costs the memory of one batch
public record LoaderSettings(
    int batch,
    long seed,
    boolean shuffled,
    long epochs,
    List<Augmentation> augmentations,
    @Nullable Normalization normalization,
    int prefetch) {

  public LoaderSettings {
    augmentations = List.copyOf(augmentations);
    if (batch < 1 || epochs < 1 || prefetch < 1) {
      throw new IllegalArgumentException(
          "LoaderSettings: expected batch, epochs and prefetch of at least 1, found %d, %d and %d."
              .formatted(batch, epochs, prefetch));
    }
    if (augmentations.stream().map(Augmentation::name).distinct().count() < augmentations.size()) {
      throw new IllegalArgumentException(
          "LoaderSettings: expected augmentations of distinct names, found %s. Equal names would draw equal numbers."
              .formatted(augmentations.stream().map(Augmentation::name).toList()));
    }
  }

  /// Shuffled, without an end.
  public static LoaderSettings training(int batch, long seed) {
    return new LoaderSettings(batch, seed, true, Long.MAX_VALUE, List.of(), null, 2);
  }

  /// Once from front to back, nothing random.
  public static LoaderSettings evaluation(int batch) {
    return new LoaderSettings(batch, 0, false, 1, List.of(), null, 2);
  }

  /// These settings with these augmentations instead.
  public LoaderSettings augment(Augmentation... steps) {
    return new LoaderSettings(
        batch, seed, shuffled, epochs, List.of(steps), normalization, prefetch);
  }

  /// These settings with another decoding.
  public LoaderSettings normalize(Normalization values) {
    return new LoaderSettings(batch, seed, shuffled, epochs, augmentations, values, prefetch);
  }

  /// These settings with another number of epochs.
  public LoaderSettings epochs(long count) {
    return new LoaderSettings(batch, seed, shuffled, count, augmentations, normalization, prefetch);
  }

  /// These settings with another number of batches prepared ahead.
  public LoaderSettings prefetch(int batches) {
    return new LoaderSettings(batch, seed, shuffled, epochs, augmentations, normalization, batches);
  }
}
