package dev.retrograde.data.load;

import dev.retrograde.data.ImageShape;
import dev.retrograde.data.Key;
import java.util.Arrays;

/// Moves the image by up to `pixels` in each direction, each distance as likely; zeros come in.
record Shift(String name, int pixels) implements Augmentation {

  Shift {
    if (pixels < 1) {
      throw new IllegalArgumentException(
          "Augmentation %s: expected at least 1 pixel, found %d.".formatted(name, pixels));
    }
  }

  @Override
  public void apply(ImageShape shape, byte[] from, byte[] to, long key) {
    int down = Key.below(key, 0, 2 * pixels + 1) - pixels;
    int right = Key.below(key, 1, 2 * pixels + 1) - pixels;
    int row = shape.width() * shape.channels();
    int skip = Math.min(Math.abs(right), shape.width()) * shape.channels();
    Arrays.fill(to, 0, shape.volume(), (byte) 0);
    for (int y = Math.max(0, down); y < Math.min(shape.height(), shape.height() + down); y++) {
      int source = (y - down) * row + (right < 0 ? skip : 0);
      int target = y * row + (right > 0 ? skip : 0);
      System.arraycopy(from, source, to, target, row - skip);
    }
  }
}
