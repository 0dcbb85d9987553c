package dev.retrograde.data.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.data.ImageSet;
import dev.retrograde.data.ImageShape;
import dev.retrograde.data.Key;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AugmentationTest {
  private static final ImageShape SHAPE = new ImageShape(4, 3, 2);

  private static byte[] counting() {
    byte[] image = new byte[SHAPE.volume()];
    for (int i = 0; i < image.length; i++) {
      image[i] = (byte) (i + 1);
    }
    return image;
  }

  private static int at(byte[] image, int y, int x, int c) {
    boolean inside = y >= 0 && y < 4 && x >= 0 && x < 3;
    return inside ? image[(y * 3 + x) * 2 + c] : 0;
  }

  private static byte[] apply(Augmentation step, long key) {
    byte[] to = new byte[SHAPE.volume()];
    Arrays.fill(to, (byte) 99);
    step.apply(SHAPE, counting(), to, key);
    return to;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void shiftMovesByTheKeysDistanceAndFillsWithZero(int pixels) {
    Set<String> seen = new HashSet<>();
    for (long key = 0; key < 2_000; key++) {
      byte[] moved = apply(Augmentation.shift(pixels), Key.of(key));
      int down = Key.below(Key.of(key), 0, 2 * pixels + 1) - pixels;
      int right = Key.below(Key.of(key), 1, 2 * pixels + 1) - pixels;
      seen.add(down + "," + right);
      for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 3; x++) {
          for (int c = 0; c < 2; c++) {
            assertThat(at(moved, y, x, c)).isEqualTo(at(counting(), y - down, x - right, c));
          }
        }
      }
    }
    assertThat(seen).hasSize((2 * pixels + 1) * (2 * pixels + 1));
  }

  @Test
  void flipMirrorsHalfOfAllImages() {
    int mirrored = 0;
    for (long key = 0; key < 1_000; key++) {
      byte[] result = apply(Augmentation.flip(), Key.of(key));
      boolean same = at(result, 0, 0, 0) == 1;
      mirrored += same ? 0 : 1;
      for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 3; x++) {
          for (int c = 0; c < 2; c++) {
            assertThat(at(result, y, x, c)).isEqualTo(at(counting(), y, same ? x : 2 - x, c));
          }
        }
      }
    }
    assertThat(mirrored).isBetween(430, 570);
  }

  @Test
  void augmentationDoesNotDependOnThreadsOrOrder() {
    ImageSet set = Sets.random(40, SHAPE);
    LoaderSettings settings =
        LoaderSettings.training(40, 5).augment(Augmentation.padAndCrop(1), Augmentation.flip());
    try (Arena arena = Arena.ofShared()) {
      float[] forwards = rows(set, settings, arena, IntStream.range(0, 40));
      float[] backwards = rows(set, settings, arena, IntStream.range(0, 40).map(i -> 39 - i));
      assertThat(backwards).isEqualTo(forwards);
      List<float[]> parts =
          IntStream.range(0, 4)
              .parallel()
              .mapToObj(
                  part -> rows(set, settings, arena, IntStream.range(0, 10).map(i -> 4 * i + part)))
              .toList();
      for (int i = 0; i < forwards.length; i++) {
        assertThat(parts.get(i / SHAPE.volume() % 4)[i]).isEqualTo(forwards[i]);
      }
    }
  }

  @Test
  void augmentationFollowsTheIdOfASampleNotItsPlace() {
    ImageSet set = Sets.random(40, SHAPE);
    LoaderSettings settings = LoaderSettings.training(1, 5).augment(Augmentation.shift(2));
    ImageSet chosen = set.select("chosen", new int[] {31});
    try (Arena arena = Arena.ofConfined()) {
      Batch batch = new Batch(new ImageSource(set).fields(), 2, arena);
      new ImageSource(set).writer(settings).write(31, 9, batch.row(0, 31));
      new ImageSource(chosen).writer(settings).write(0, 9, batch.row(1, 31));
      float[] both = batch.images().toArray(ValueLayout.JAVA_FLOAT);
      for (int i = 0; i < SHAPE.volume(); i++) {
        assertThat(both[SHAPE.volume() + i]).isEqualTo(both[i]);
      }
    }
  }

  private static float[] rows(
      ImageSet set, LoaderSettings settings, Arena arena, IntStream samples) {
    ImageSource source = new ImageSource(set);
    Batch batch = new Batch(source.fields(), 40, arena);
    SampleSource.Writer writer = source.writer(settings);
    samples.forEach(i -> writer.write(i, 3, batch.row(i, i)));
    return batch.images().toArray(ValueLayout.JAVA_FLOAT);
  }

  @Test
  void normalizationHasTheClosedFormAndGivesMeanZeroDeviationOne() {
    ImageShape shape = new ImageShape(1, 2, 2);
    ImageSet set =
        ImageSet.of(
            "x",
            shape,
            List.of("a"),
            new byte[] {0, 7, (byte) 255, 7, 0, 7, (byte) 255, 7},
            new int[2]);
    Normalization values = Normalization.of(set);
    assertThat(values.mean().get(0)).isEqualTo(0.5);
    assertThat(values.deviation().get(0)).isEqualTo(0.5);
    assertThat(values.mean().get(1)).isCloseTo(7 / 255.0, within(1e-12));
    assertThat(values.deviation().get(1)).isEqualTo(1.0);
    try (Loader loader = Loader.open(set, LoaderSettings.evaluation(2).normalize(values))) {
      assertThat(loader.next().images().toArray(ValueLayout.JAVA_FLOAT))
          .containsExactly(-1, 0, 1, 0, -1, 0, 1, 0);
    }
    try (Loader loader = Loader.open(set, LoaderSettings.evaluation(1))) {
      assertThat(loader.next().images().toArray(ValueLayout.JAVA_FLOAT))
          .containsExactly(0, 7 / 255f, 1, 7 / 255f);
    }
  }

  @Test
  void impossibleStepsAreRefused() {
    assertThatThrownBy(() -> Augmentation.shift(0)).hasMessageContaining("shift:0");
    assertThatThrownBy(() -> new Normalization(List.of(0.0), List.of(0.0)))
        .hasMessageContaining("a deviation above 0 for channel 0");
    assertThatThrownBy(() -> new Normalization(List.of(0.0), List.of()))
        .hasMessageContaining("found 1 and 0");
  }
}
