package dev.retrograde.data.load;

import dev.retrograde.data.ImageShape;
import dev.retrograde.data.Key;

/// Mirrors the image left to right in half of all cases.
record Flip() implements Augmentation {

  @Override
  public String name() {
    return "flip";
  }

  @Override
  public void apply(ImageShape shape, byte[] from, byte[] to, long key) {
    if (Key.bits(key, 0) >= 0) {
      System.arraycopy(from, 0, to, 0, shape.volume());
      return;
    }
    int channels = shape.channels();
    int width = shape.width();
    for (int y = 0; y < shape.height(); y++) {
      int row = y * width * channels;
      for (int x = 0; x < width; x++) {
        int source = row + x * channels;
        int target = row + (width - 1 - x) * channels;
        for (int c = 0; c < channels; c++) {
          to[target + c] = from[source + c];
        }
      }
    }
  }
}
