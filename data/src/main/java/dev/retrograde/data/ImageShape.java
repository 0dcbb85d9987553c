package dev.retrograde.data;

/// The shape of one image, channels last: `[height, width, channels]`.
///
/// @param height rows of pixels, at least 1
/// @param width columns of pixels, at least 1
/// @param channels values a pixel, at least 1
public record ImageShape(int height, int width, int channels) {

  public ImageShape {
    if (height < 1 || width < 1 || channels < 1) {
      throw new IllegalArgumentException(
          "ImageShape: expected extents of at least 1, found [%d, %d, %d]."
              .formatted(height, width, channels));
    }
    if ((long) height * width > Integer.MAX_VALUE
        || (long) height * width * channels > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "ImageShape: expected at most 2147483647 values an image, found [%d, %d, %d]."
              .formatted(height, width, channels));
    }
  }

  /// Values in one image: `height * width * channels`.
  public int volume() {
    return height * width * channels;
  }

  @Override
  public String toString() {
    return "[" + height + ", " + width + ", " + channels + "]";
  }
}
