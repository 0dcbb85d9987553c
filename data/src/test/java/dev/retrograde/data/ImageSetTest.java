package dev.retrograde.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ImageSetTest {
  private static final ImageShape SHAPE = new ImageShape(1, 2, 1);

  private static ImageSet three() {
    return ImageSet.of(
        "three", SHAPE, List.of("a", "b"), new byte[] {1, 2, 3, 4, -1, 6}, new int[] {0, 1, 1});
  }

  @Test
  void bytesAreUnsigned() {
    assertThat(three().pixel(2, 0, 0, 0)).isEqualTo(255);
  }

  @Test
  void selectionKeepsIds() {
    ImageSet chosen = three().select("chosen", new int[] {2, 0});
    assertThat(chosen.id(0)).isEqualTo(2);
    assertThat(chosen.label(0)).isEqualTo(1);
    assertThat(chosen.pixel(1, 0, 1, 0)).isEqualTo(2);
    assertThat(chosen.first(1).size()).isEqualTo(1);
    assertThat(chosen.first(9).size()).isEqualTo(2);
  }

  @Test
  void fingerprintTellsPixelsLabelsIdsAndShapeApart() {
    long whole = three().fingerprint();
    assertThat(three().fingerprint()).isEqualTo(whole);
    assertThat(three().first(2).fingerprint()).isNotEqualTo(whole);
    byte[] pixels = {1, 2, 3, 4, -1, 6};
    List<String> names = List.of("a", "b");
    assertThat(
            List.of(
                ImageSet.of("x", SHAPE, names, new byte[] {1, 2, 3, 4, -1, 7}, new int[] {0, 1, 1}),
                ImageSet.of("x", SHAPE, names, pixels, new int[] {0, 1, 0}),
                ImageSet.of("x", SHAPE, names, pixels, new int[] {0, 1, 1}, new int[] {0, 1, 3}),
                ImageSet.of("x", new ImageShape(2, 1, 1), names, pixels, new int[] {0, 1, 1})))
        .allSatisfy(set -> assertThat(set.fingerprint()).isNotEqualTo(whole));
  }

  @Test
  void wrongSizesAndPlacesAreRefused() {
    List<String> names = List.of("a", "b");
    assertThatThrownBy(() -> ImageSet.of("x", SHAPE, names, new byte[3], new int[2]))
        .hasMessageContaining("expected 2 labels and ids and 4 pixels")
        .hasMessageContaining("found 2 ids, 3 pixels");
    assertThatThrownBy(() -> ImageSet.of("x", SHAPE, names, new byte[2], new int[] {2}))
        .hasMessageContaining("labels from 0 to 1, found 2 at sample 0");
    assertThatThrownBy(() -> new ImageShape(0, 1, 1)).hasMessageContaining("[0, 1, 1]");
    assertThatThrownBy(() -> new ImageShape(1 << 16, 1 << 16, 1)).hasMessageContaining("65536");
    assertThatThrownBy(() -> three().first(2).label(2)).hasMessageContaining("sample 2 of 'three'");
    assertThatThrownBy(() -> three().pixel(0, 1, 0, 0)).hasMessageContaining("pixel (1, 0)");
    assertThatThrownBy(() -> three().pixel(0, 0, 0, 1)).hasMessageContaining("channel 1");
  }

  @Test
  void partsMustFitTogether() {
    ImageSet other = ImageSet.of("y", SHAPE, List.of("a"), new byte[2], new int[1]);
    assertThatThrownBy(() -> new DataSet("xy", three(), other, List.of()))
        .hasMessageContaining("train [1, 2, 1] with 2, test [1, 2, 1] with 1");
  }

  @Test
  void splitSetsAFifthAsideInOrder() {
    DataSet split = DataSet.split("x", three(), 4, List.of("before"));
    assertThat(split.test().size()).isEqualTo(1);
    assertThat(split.train().size()).isEqualTo(2);
    assertThat(split.train().id(0)).isLessThan(split.train().id(1));
    assertThat(split.notes()).hasSize(2).first().isEqualTo("before");
    assertThatThrownBy(() -> DataSet.split("x", three().first(1), 4, List.of()))
        .hasMessageContaining("at least 2 samples to split, found 1");
  }
}
