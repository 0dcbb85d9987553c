package dev.retrograde.data.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.data.DataSet;
import dev.retrograde.data.ImageSet;
import dev.retrograde.data.ImageShape;
import dev.retrograde.data.Key;
import java.util.List;
import org.junit.jupiter.api.Test;

class GeneratedDigitsTest {

  @Test
  void standardSetIsBalancedAndHasItsSizes() {
    DataSet digits = GeneratedDigits.standard();
    assertThat(digits.train().size()).isEqualTo(4_000);
    assertThat(digits.test().size()).isEqualTo(1_000);
    assertThat(digits.train().shape()).isEqualTo(new ImageShape(28, 28, 1));
    int[] counts = new int[10];
    for (int i = 0; i < digits.test().size(); i++) {
      counts[digits.test().label(i)]++;
    }
    assertThat(counts).containsOnly(100);
  }

  @Test
  void aSampleDependsOnSeedPartAndNumberAlone() {
    DataSet small = GeneratedDigits.of(20, 7, 5);
    DataSet large = GeneratedDigits.of(90, 40, 5);
    assertThat(large.train().first(20).fingerprint()).isEqualTo(small.train().fingerprint());
    assertThat(large.test().first(7).fingerprint()).isEqualTo(small.test().fingerprint());
    assertThat(small.test().fingerprint()).isNotEqualTo(small.train().first(7).fingerprint());
    assertThat(GeneratedDigits.of(20, 7, 6).train().fingerprint())
        .isNotEqualTo(small.train().fingerprint());
  }

  /// Results that are recorded with the generated digits stay comparable: a change of these bits is
  /// a change of the task and needs a new seed's worth of measurements.
  @Test
  void theBitsOfTheStandardSetStay() {
    DataSet digits = GeneratedDigits.standard();
    assertThat(Long.toHexString(digits.train().fingerprint())).isEqualTo("414e6eb0262ef80e");
    assertThat(Long.toHexString(digits.test().fingerprint())).isEqualTo("6c0d44ee61834d25");
  }

  @Test
  void everyDigitHasSeveralStyles() {
    List<List<Outline>> outlines = Outline.committed();
    assertThat(outlines).hasSize(10).allSatisfy(styles -> assertThat(styles).hasSize(4));
  }

  @Test
  void everyImageShowsInk() {
    ImageSet train = GeneratedDigits.of(300, 1, 9).train();
    byte[] image = new byte[784];
    for (int i = 0; i < train.size(); i++) {
      train.copyImage(i, image);
      int bright = 0;
      for (byte b : image) {
        bright += (b & 0xFF) > 110 ? 1 : 0;
      }
      assertThat(bright).as("sample %d", i).isBetween(12, 320);
    }
  }

  @Test
  void aLineCoversWhatItCrosses() {
    Canvas canvas = new Canvas(5);
    canvas.line(-3, 2, 9, 2, 0.5, 1);
    for (int x = 0; x < 5; x++) {
      assertThat(canvas.at(10 + x)).isEqualTo(1f);
      assertThat(canvas.at(5 + x)).isEqualTo(0f);
      assertThat(canvas.at(15 + x)).isEqualTo(0f);
    }
    canvas.line(2, 0.5, 2, 0.5, 0.75, 0.5);
    assertThat(canvas.at(2)).isEqualTo(0.375f);
    canvas.clear();
    assertThat(canvas.at(10)).isEqualTo(0f);
  }

  @Test
  void aLinearModelStaysBelow93PercentAndLearns() {
    DataSet digits = GeneratedDigits.standard();
    double accuracy = softmaxRegression(digits, 15);
    assertThat(accuracy).isBetween(0.75, 0.93);
  }

  /// Plain stochastic gradient descent, one sample a step; the best test accuracy of all epochs.
  private static double softmaxRegression(DataSet digits, int epochs) {
    float[][] weights = new float[10][785];
    int[] order = new int[digits.train().size()];
    byte[] image = new byte[784];
    double best = 0;
    for (int epoch = 0; epoch < epochs; epoch++) {
      Key.permutation(Key.child(Key.of(1), epoch), order);
      float rate = 0.02f * (1 - epoch / (float) epochs);
      for (int sample : order) {
        digits.train().copyImage(sample, image);
        float[] p = probabilities(weights, image);
        for (int k = 0; k < 10; k++) {
          float step = rate * (p[k] - (k == digits.train().label(sample) ? 1 : 0));
          for (int i = 0; i < 784; i++) {
            weights[k][i] -= step * (image[i] & 0xFF) / 255f;
          }
          weights[k][784] -= step;
        }
      }
      best = Math.max(best, accuracy(weights, digits.test()));
    }
    return best;
  }

  private static double accuracy(float[][] weights, ImageSet set) {
    byte[] image = new byte[784];
    int right = 0;
    for (int i = 0; i < set.size(); i++) {
      set.copyImage(i, image);
      float[] p = probabilities(weights, image);
      int best = 0;
      for (int k = 1; k < 10; k++) {
        best = p[k] > p[best] ? k : best;
      }
      right += best == set.label(i) ? 1 : 0;
    }
    return (double) right / set.size();
  }

  private static float[] probabilities(float[][] weights, byte[] image) {
    float[] p = new float[10];
    float sum = 0;
    for (int k = 0; k < 10; k++) {
      float logit = weights[k][784];
      for (int i = 0; i < 784; i++) {
        logit += weights[k][i] * (image[i] & 0xFF) / 255f;
      }
      p[k] = (float) Math.exp(logit);
      sum += p[k];
    }
    for (int k = 0; k < 10; k++) {
      p[k] /= sum;
    }
    return p;
  }

  @Test
  void emptyPartsAreRefused() {
    assertThatThrownBy(() -> GeneratedDigits.of(10, 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 1 sample for the test part, found 0");
  }
}
