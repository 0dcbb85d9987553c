package dev.retrograde.data.load;

import dev.retrograde.data.ImageSet;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/// How bytes become numbers: `(byte / 255 - mean) / deviation`, by channel.
///
/// @param mean by channel, in units where 255 is 1
/// @param deviation by channel, above 0
public record Normalization(List<Double> mean, List<Double> deviation) {

  public Normalization {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.isEmpty() || mean.size() != deviation.size()) {
      throw new IllegalArgumentException(
          "Normalization: expected one mean and one deviation a channel, found %d and %d."
              .formatted(mean.size(), deviation.size()));
    }
    for (int c = 0; c < mean.size(); c++) {
      if (!Double.isFinite(mean.get(c)) || !(deviation.get(c) > 0)) {
        throw new IllegalArgumentException(
            "Normalization: expected a finite mean and a deviation above 0 for channel %d, found %s and %s."
                .formatted(c, mean.get(c), deviation.get(c)));
      }
    }
  }

  /// Bytes to the range 0 to 1 and nothing else.
  public static Normalization scaleOnly(int channels) {
    return new Normalization(
        Collections.nCopies(channels, 0.0), Collections.nCopies(channels, 1.0));
  }

  /// Mean 0 and deviation 1 over all pixels of `train`, by channel. A channel that never changes
  /// keeps its deviation of 1. The sums are exact, so the result does not depend on any order.
  ///
  /// @param train the training part, and only that: test statistics must not leak in
  public static Normalization of(ImageSet train) {
    int channels = train.shape().channels();
    long[] sum = new long[channels];
    long[] squares = new long[channels];
    byte[] image = new byte[train.shape().volume()];
    for (int i = 0; i < train.size(); i++) {
      train.copyImage(i, image);
      for (int k = 0, c = 0; k < image.length; k++, c = c + 1 == channels ? 0 : c + 1) {
        int value = image[k] & 0xFF;
        sum[c] += value;
        squares[c] += (long) value * value;
      }
    }
    double count = (double) train.size() * (image.length / channels);
    return new Normalization(
        IntStream.range(0, channels).mapToObj(c -> sum[c] / count / 255).toList(),
        IntStream.range(0, channels)
            .mapToObj(c -> deviation(sum[c] / count, squares[c] / count))
            .toList());
  }

  private static double deviation(double mean, double meanSquare) {
    double variance = meanSquare - mean * mean;
    return variance > 1e-9 ? StrictMath.sqrt(variance) / 255 : 1.0;
  }

  /// The number that each byte of a channel becomes.
  float[] table(int channel) {
    float[] table = new float[256];
    for (int value = 0; value < 256; value++) {
      table[value] = (float) ((value / 255.0 - mean.get(channel)) / deviation.get(channel));
    }
    return table;
  }
}
