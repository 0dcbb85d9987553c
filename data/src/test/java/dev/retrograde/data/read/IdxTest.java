package dev.retrograde.data.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataSet;
import dev.retrograde.data.ImageSet;
import dev.retrograde.data.ImageShape;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdxTest {
  @TempDir Path folder;

  private void writeTrain(byte[] images, byte[] labels) {
    Samples.write(folder.resolve("train-images-idx3-ubyte"), images);
    Samples.write(folder.resolve("train-labels-idx1-ubyte"), labels);
  }

  private void writeTest(byte[] images, byte[] labels) {
    Samples.write(folder.resolve("t10k-images-idx3-ubyte.gz"), Samples.gzip(images));
    Samples.write(folder.resolve("t10k-labels-idx1-ubyte.gz"), Samples.gzip(labels));
  }

  private DataException damage() {
    return catchThrowableOfType(DataException.class, () -> DataSets.open(folder));
  }

  @Test
  void readsPlainAndGzipParts() {
    writeTrain(Samples.idxImages(13), Samples.idxLabels(13));
    writeTest(Samples.idxImages(4), Samples.idxLabels(4));
    DataSet data = DataSets.open(folder);
    ImageSet train = data.train();
    assertThat(train.size()).isEqualTo(13);
    assertThat(train.shape()).isEqualTo(new ImageShape(3, 2, 1));
    assertThat(train.classNames()).startsWith("0", "1").hasSize(10);
    assertThat(train.pixel(12, 2, 1, 0)).isEqualTo(12 * 6 + 5);
    assertThat(train.label(11)).isEqualTo(1);
    assertThat(train.id(12)).isEqualTo(12);
    assertThat(data.test().size()).isEqualTo(4);
    assertThat(data.notes()).isEmpty();
  }

  @Test
  void limitTakesTheFirstSamplesOfBothParts() {
    writeTrain(Samples.idxImages(13), Samples.idxLabels(13));
    writeTest(Samples.idxImages(4), Samples.idxLabels(4));
    DataSet data = DataSets.open(folder, 5);
    assertThat(data.train().size()).isEqualTo(5);
    assertThat(data.test().size()).isEqualTo(4);
    assertThat(data.train().fingerprint())
        .isEqualTo(DataSets.open(folder).train().first(5).fingerprint());
  }

  @Test
  void limitReadsNoMoreOfTheStreamThanItNeeds() {
    byte[] images = new byte[16 + 6 * 100_000];
    new Random(5).nextBytes(images);
    ByteBuffer.wrap(images).putInt(2051).putInt(100_000).putInt(3).putInt(2);
    byte[] zipped = Samples.gzip(images);
    Arrays.fill(zipped, zipped.length / 2, zipped.length, (byte) 0x5A);
    writeTrain(zipped, Samples.gzip(Samples.idxLabels(100_000)));
    assertThat(damage()).isNotNull();
    assertThat(DataSets.open(folder, 1000).train().size()).isEqualTo(800);
  }

  @Test
  void withoutATestPartAFifthIsDrawnAndAnnounced() {
    writeTrain(Samples.idxImages(20), Samples.idxLabels(20));
    DataSet data = DataSets.open(folder, ReadOptions.ALL.splitBy(3));
    assertThat(data.train().size()).isEqualTo(16);
    assertThat(data.test().size()).isEqualTo(4);
    assertThat(data.notes())
        .containsExactly(
            "No test part: 4 of 20 samples, drawn with seed 3, are set aside for testing.");
    assertThat(Stream.of(data.train(), data.test()).flatMapToLong(IdxTest::ids).boxed())
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, 20).boxed().toList());
  }

  private static LongStream ids(ImageSet set) {
    return IntStream.range(0, set.size()).mapToLong(set::id);
  }

  record Damage(String what, byte[] images, byte[] labels, String file, long offset, String says) {
    @Override
    public String toString() {
      return what;
    }
  }

  static Stream<Damage> damages() {
    byte[] images = Samples.idxImages(13);
    byte[] labels = Samples.idxLabels(13);
    String im = "train-images-idx3-ubyte";
    String la = "train-labels-idx1-ubyte";
    return Stream.of(
        new Damage("empty", new byte[0], labels, im, 0, "expected 4 bytes of the magic"),
        new Damage("cut in the header", Arrays.copyOf(images, 10), labels, im, 8, "found only 2"),
        new Damage("cut", Arrays.copyOf(images, 90), labels, im, 4, "expected a file of 94 bytes"),
        new Damage("trailing", Samples.append(images, 1), labels, im, 4, "found 95 bytes"),
        new Damage("swapped", labels, images, im, 0, "Images and labels are swapped"),
        new Damage("magic", Samples.with(images, 2, 13), labels, im, 0, "expected the magic 2051"),
        new Damage("no images", Samples.with(images, 7, 0), labels, im, 4, "at least 1, found 0"),
        new Damage("count below 0", Samples.with(images, 4, 255), labels, im, 4, "found -1677"),
        new Damage("no rows", Samples.with(images, 11, 0), labels, im, 8, "found 0"),
        new Damage("huge rows", Samples.with(images, 8, 64), labels, im, 8, "1 to 32768 rows"),
        new Damage("no columns", Samples.with(images, 15, 0), labels, im, 12, "columns, found 0"),
        new Damage("more images", Samples.with(images, 7, 14), labels, im, 4, "of 100 bytes"),
        new Damage("labels cut", images, Arrays.copyOf(labels, 20), la, 4, "of 21 bytes"),
        new Damage("labels trailing", images, Samples.append(labels, 1, 2), la, 4, "23 bytes"),
        new Damage("label count", images, Samples.with(labels, 7, 12), la, 4, "expected 13 labels"),
        new Damage("label", images, Samples.with(labels, 14, 10), la, 14, "a label from 0 to 9"));
  }

  @ParameterizedTest
  @MethodSource("damages")
  void damageIsNamedWithFileAndByte(Damage damage) {
    writeTrain(damage.images(), damage.labels());
    DataException e = damage();
    assertThat(e).hasMessageContaining(damage.says()).hasMessageContaining(e.cure());
    assertThat(e.file().getFileName()).hasToString(damage.file());
    assertThat(e.offset()).isEqualTo(damage.offset());
  }

  static Stream<Damage> zippedDamages() {
    byte[] images = Samples.idxImages(13);
    byte[] labels = Samples.gzip(Samples.idxLabels(13));
    byte[] zipped = Samples.gzip(images);
    int end = zipped.length;
    String im = "train-images-idx3-ubyte";
    String la = "train-labels-idx1-ubyte";
    return Stream.of(
        new Damage("only the magic", new byte[] {31, -117}, labels, im, 2, "the end of the file"),
        new Damage("method", Samples.with(zipped, 2, 7), labels, im, 2, "method 7"),
        new Damage("flags", Samples.with(zipped, 3, 64), labels, im, 2, "flags 64"),
        new Damage("cut", Arrays.copyOf(zipped, end / 2), labels, im, end / 2, "end of the file"),
        new Damage("no trailer", Arrays.copyOf(zipped, end - 8), labels, im, end - 8, "the end"),
        new Damage(
            "trailer cut", Arrays.copyOf(zipped, end - 1), labels, im, end - 1, "the end of"),
        new Damage(
            "checksum", Samples.with(zipped, end - 8, 0, 0), labels, im, end - 8, "checksum"),
        new Damage(
            "length", Samples.with(zipped, end - 4, 7), labels, im, end - 4, "the length 94"),
        new Damage("rest", Samples.append(zipped, 1, 2), labels, im, end, "another gzip member"),
        new Damage(
            "too few", Samples.gzip(Arrays.copyOf(images, 80)), labels, im, 16, "found only 64"),
        new Damage(
            "too many", Samples.gzip(Samples.append(images, 9)), labels, im, 94, "further bytes"),
        new Damage(
            "room for the count",
            Samples.gzip(Samples.with(images, 4, 0x7F, 255, 255, 255)),
            Samples.gzip(Samples.with(Samples.idxLabels(13), 4, 0x7F, 255, 255, 255)),
            im,
            16,
            "2147483647 images"),
        new Damage(
            "label",
            zipped,
            Samples.gzip(Samples.with(Samples.idxLabels(13), 20, 200)),
            la,
            20,
            "found 200"));
  }

  @ParameterizedTest
  @MethodSource("zippedDamages")
  void damageInsideGzipIsNamedWithFileAndByte(Damage damage) {
    writeTrain(damage.images(), damage.labels());
    DataException e = damage();
    assertThat(e).hasMessageContaining(damage.says());
    assertThat(e.file().getFileName()).hasToString(damage.file());
    assertThat(e.offset()).as(e.getMessage()).isEqualTo(damage.offset());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 13})
  void severalGzipMembersAreOneStream(int cut) {
    byte[] images = Samples.idxImages(13);
    byte[] first = Samples.gzip(Arrays.copyOf(images, 16 + cut));
    byte[] second = Samples.gzip(Arrays.copyOfRange(images, 16 + cut, images.length));
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    writeTrain(both, Samples.idxLabels(13));
    writeTest(images, Samples.idxLabels(13));
    DataSet data = DataSets.open(folder);
    assertThat(data.train().fingerprint()).isEqualTo(data.test().fingerprint());
  }

  @Test
  void partsOfDifferentShapeAreRefused() {
    writeTrain(Samples.idxImages(13), Samples.idxLabels(13));
    ByteBuffer other = ByteBuffer.allocate(16 + 4).putInt(2051).putInt(1).putInt(2).putInt(2);
    writeTest(other.array(), Samples.idxLabels(1));
    DataException e = damage();
    assertThat(e).hasMessageContaining("expected images [3, 2, 1] as in the other part");
    assertThat(e.offset()).isEqualTo(8);
  }

  @Test
  void moreClassesCanBeNamed() {
    writeTrain(Samples.idxImages(13), Samples.with(Samples.idxLabels(13), 8, 61));
    assertThat(DataSets.open(folder, ReadOptions.ALL.withClasses(62)).train().classes())
        .isEqualTo(62);
  }
}
