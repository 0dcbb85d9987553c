package dev.retrograde.train;

import dev.retrograde.data.DataSet;
import dev.retrograde.data.ImageSet;
import dev.retrograde.data.ImageShape;
import java.util.List;
import java.util.Random;

/// Tiny labelled images for tests: a bright row, a bright column or a bright diagonal in noise.
final class Shapes {
  private static final int SIDE = 6;

  private Shapes() {}

  static DataSet of(int train, int test) {
    return new DataSet("shapes", part("train", train, 1), part("test", test, 2), List.of());
  }

  private static ImageSet part(String name, int count, long seed) {
    Random r = new Random(seed);
    byte[] pixels = new byte[count * SIDE * SIDE];
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % 3;
      int at = r.nextInt(SIDE);
      for (int k = 0; k < SIDE * SIDE; k++) {
        int y = k / SIDE;
        int x = k % SIDE;
        boolean on =
            switch (labels[i]) {
              case 0 -> y == at;
              case 1 -> x == at;
              default -> (x + y) % SIDE == at;
            };
        pixels[i * SIDE * SIDE + k] = (byte) ((on ? 180 : 0) + r.nextInt(60));
      }
    }
    return ImageSet.of(
        "shapes " + name,
        new ImageShape(SIDE, SIDE, 1),
        List.of("row", "column", "diagonal"),
        pixels,
        labels);
  }
}
