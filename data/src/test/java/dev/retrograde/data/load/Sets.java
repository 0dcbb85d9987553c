package dev.retrograde.data.load;

import dev.retrograde.data.ImageSet;
import dev.retrograde.data.ImageShape;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// Sets and helpers for the tests of this package.
final class Sets {
  private Sets() {}

  static ImageSet random(int n, ImageShape shape) {
    byte[] pixels = new byte[n * shape.volume()];
    new Random(3).nextBytes(pixels);
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = i % 3;
    }
    return ImageSet.of("random", shape, List.of("a", "b", "c"), pixels, labels);
  }

  /// All of a batch that is meant, as text that compares.
  static String content(Batch batch) {
    int floats = batch.count() * batch.shape().volume();
    float[] images = batch.images().asSlice(0, 4L * floats).toArray(ValueLayout.JAVA_FLOAT);
    return "%d/%d/%d/%s/%s/%s"
        .formatted(
            batch.epoch(),
            batch.index(),
            batch.count(),
            ids(batch),
            Arrays.toString(batch.labels().toArray(ValueLayout.JAVA_INT)),
            Arrays.toString(images));
  }

  static List<Long> ids(Batch batch) {
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < batch.count(); i++) {
      ids.add(batch.ids().getAtIndex(ValueLayout.JAVA_LONG, i));
    }
    return ids;
  }
}
