package dev.retrograde.data.load;

import dev.retrograde.data.ImageShape;

/// A random change to an image that leaves its meaning: `u8 [h, w, c]` to the same shape.
///
/// Implement it for an own step. The result must depend on nothing but the arguments: the loader
/// derives `key` from (seed, name, epoch, sample id), and draws from it by
/// [dev.retrograde.data.Key], so that any number of threads in any order gives equal batches.
public interface Augmentation {

  /// Names the step in a run's record, arguments included; random decisions are keyed by it.
  String name();

  /// Writes the changed image.
  ///
  /// @param from the image; must not be changed
  /// @param to where the result goes, all of it; never the same array
  /// @param key draws the random decisions
  void apply(ImageShape shape, byte[] from, byte[] to, long key);

  /// Zero padding on every side, then a random window of the original size.
  ///
  /// @param pixels padding on each side, at least 1; 4 is usual for CIFAR
  static Augmentation padAndCrop(int pixels) {
    return new Shift("pad-and-crop:" + pixels, pixels);
  }

  /// A random shift in both directions; what comes in is zero. The same as padding and cropping.
  ///
  /// @param pixels largest shift, at least 1
  static Augmentation shift(int pixels) {
    return new Shift("shift:" + pixels, pixels);
  }

  /// Left and right exchanged, in half of all cases.
  static Augmentation flip() {
    return new Flip();
  }
}
