package dev.retrograde.data.load;

import java.util.List;

/// Samples of equal shape that a [Loader] can put into batches: some named fields of numbers.
///
/// Implement it for an own kind of data. Equal arguments must give equal numbers, whoever asks and
/// when: what is random is a function of (seed, epoch, sample) by [dev.retrograde.data.Key]. A
/// source is immutable and may be shared; the writer that it makes belongs to one thread.
///
/// What has no fixed size, such as a tree, is padded to a capacity, with its size in a field of its
/// own.
public interface SampleSource {

  /// What messages and reports call it.
  String name();

  /// The number of samples, at least 1 for a loader to open it.
  int size();

  /// The id of a sample, which stays with it whatever was left out.
  default long id(int sample) {
    return sample;
  }

  /// What a sample consists of, with distinct names.
  List<Field> fields();

  /// What writes samples, for one thread.
  ///
  /// @throws IllegalArgumentException if the settings ask for what the source cannot give, such as
  ///   augmentations of images or an order that breaks its own
  Writer writer(LoaderSettings settings);

  /// Writes samples into rows.
  @FunctionalInterface
  interface Writer {
    /// Writes all fields of a sample, as `epoch` sees it. Called from one thread at a time.
    void write(int sample, long epoch, Batch.Row row);
  }

  /// Refuses settings that are about images: for a source that has none.
  static void refuseImageSettings(String source, LoaderSettings settings) {
    if (!settings.augmentations().isEmpty() || settings.normalization() != null) {
      throw new IllegalArgumentException(
          "Loader of '%s': expected settings without augmentation and normalization, which are for images, found %s and %s."
              .formatted(source, settings.augmentations(), settings.normalization()));
    }
  }
}
