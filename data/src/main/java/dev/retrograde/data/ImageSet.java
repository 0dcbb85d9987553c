package dev.retrograde.data;

import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/// Labelled images of one shape in memory: `pixels: u8 [n, h, w, c]`, `labels: i32 [n]`.
///
/// Every sample has an id that stays with it: its position in the original data, whatever was left
/// out or selected since. Random decisions about a sample are keyed by the id, so they do not
/// depend on which others came along.
///
/// Immutable, and safe to share between threads. [#first] shares the pixels; [#select] copies them.
public final class ImageSet {
  private final String name;
  private final ImageShape shape;
  private final List<String> classNames;
  private final byte[] pixels;
  private final int[] labels;
  private final int[] ids;
  private final int size;

  private ImageSet(
      String name,
      ImageShape shape,
      List<String> classNames,
      byte[] pixels,
      int[] labels,
      int[] ids,
      int size) {
    this.name = name;
    this.shape = shape;
    this.classNames = classNames;
    this.pixels = pixels;
    this.labels = labels;
    this.ids = ids;
    this.size = size;
  }

  /// A set whose sample ids are the positions 0, 1, 2 and so on.
  ///
  /// @param name what messages and reports call it, such as `mnist train`
  /// @param classNames one name a class, in the order of the labels
  /// @param pixels `[n, h, w, c]`, unsigned bytes; kept, not copied, so the caller must let go of
  ///   it
  /// @param labels `[n]`, from 0 to the number of classes - 1; kept, not copied
  public static ImageSet of(
      String name, ImageShape shape, List<String> classNames, byte[] pixels, int[] labels) {
    return of(name, shape, classNames, pixels, labels, IntStream.range(0, labels.length).toArray());
  }

  /// A set with given sample ids.
  ///
  /// @param ids `[n]`, at least 0; kept, not copied
  public static ImageSet of(
      String name,
      ImageShape shape,
      List<String> classNames,
      byte[] pixels,
      int[] labels,
      int[] ids) {
    if ((long) labels.length * shape.volume() != pixels.length || ids.length != labels.length) {
      throw new IllegalArgumentException(
          "ImageSet '%s': expected %d labels and ids and %d pixels of shape %s, found %d ids, %d pixels."
              .formatted(
                  name,
                  labels.length,
                  (long) labels.length * shape.volume(),
                  shape,
                  ids.length,
                  pixels.length));
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classNames.size()) {
        throw new IllegalArgumentException(
            "ImageSet '%s': expected labels from 0 to %d, found %d at sample %d."
                .formatted(name, classNames.size() - 1, labels[i], i));
      }
    }
    return new ImageSet(name, shape, List.copyOf(classNames), pixels, labels, ids, labels.length);
  }

  /// What messages and reports call the set.
  public String name() {
    return name;
  }

  /// The shape of every image.
  public ImageShape shape() {
    return shape;
  }

  /// The number of samples.
  public int size() {
    return size;
  }

  /// The number of classes; labels run from 0 to one less.
  public int classes() {
    return classNames.size();
  }

  /// One name a class, in the order of the labels.
  public List<String> classNames() {
    return classNames;
  }

  /// The class of a sample.
  public int label(int sample) {
    return labels[checked(sample)];
  }

  /// The id of a sample: its position in the original data.
  public long id(int sample) {
    return ids[checked(sample)];
  }

  /// One value of an image, from 0 to 255.
  public int pixel(int sample, int y, int x, int channel) {
    if (y < 0 || y >= shape.height() || x < 0 || x >= shape.width()) {
      throw new IndexOutOfBoundsException("pixel (%d, %d) of an image %s".formatted(y, x, shape));
    }
    if (channel < 0 || channel >= shape.channels()) {
      throw new IndexOutOfBoundsException("channel %d of an image %s".formatted(channel, shape));
    }
    int inImage = (y * shape.width() + x) * shape.channels();
    return pixels[checked(sample) * shape.volume() + inImage + channel] & 0xFF;
  }

  /// Copies the image of a sample, `[h, w, c]`, to the start of `target`.
  public void copyImage(int sample, byte[] target) {
    System.arraycopy(pixels, checked(sample) * shape.volume(), target, 0, shape.volume());
  }

  /// The first `count` samples, or all where there are fewer. Shares the pixels.
  public ImageSet first(int count) {
    return count >= size
        ? this
        : new ImageSet(name, shape, classNames, pixels, labels, ids, Math.max(0, count));
  }

  /// The given samples in the given order, with their ids, as a set called `newName`. Copies.
  public ImageSet select(String newName, int[] samples) {
    int volume = shape.volume();
    byte[] chosen = new byte[Math.multiplyExact(samples.length, volume)];
    int[] chosenLabels = new int[samples.length];
    int[] chosenIds = new int[samples.length];
    for (int i = 0; i < samples.length; i++) {
      int from = checked(samples[i]);
      System.arraycopy(pixels, from * volume, chosen, i * volume, volume);
      chosenLabels[i] = labels[from];
      chosenIds[i] = ids[from];
    }
    return new ImageSet(
        newName, shape, classNames, chosen, chosenLabels, chosenIds, samples.length);
  }

  /// A checksum over shape, labels, ids and pixels: equal data, equal number. It names the data in
  /// a run's record and is no defence against malice.
  public long fingerprint() {
    CRC32C pixelSum = new CRC32C();
    pixelSum.update(pixels, 0, size * shape.volume());
    long sum = Key.child(Key.of(pixelSum.getValue()), shape.toString());
    for (int i = 0; i < size; i++) {
      sum = Key.child(Key.child(sum, labels[i]), ids[i]);
    }
    return sum;
  }

  private int checked(int sample) {
    if (sample < 0 || sample >= size) {
      throw new IndexOutOfBoundsException(
          "sample %d of '%s', which has %d".formatted(sample, name, size));
    }
    return sample;
  }

  @Override
  public String toString() {
    return "%s: %d images %s, %d classes".formatted(name, size, shape, classes());
  }
}
