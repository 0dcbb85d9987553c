package dev.retrograde.data.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataSet;
import dev.retrograde.data.ImageSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10Test {
  @TempDir Path folder;

  /// Five files of three records each and a test file of two.
  private void writeAll(boolean zipped) {
    for (int i = 1; i <= 5; i++) {
      write("data_batch_" + i + ".bin", Samples.cifar(3, 3 * i), zipped);
    }
    write("test_batch.bin", Samples.cifar(2, 0), zipped);
  }

  private void write(String name, byte[] bytes, boolean zipped) {
    Samples.write(
        folder.resolve(zipped ? name + ".gz" : name), zipped ? Samples.gzip(bytes) : bytes);
  }

  private DataException damage() {
    return catchThrowableOfType(DataException.class, () -> DataSets.open(folder));
  }

  @Test
  void planesBecomeChannelsLast() {
    writeAll(false);
    DataSet data = DataSets.open(folder);
    ImageSet train = data.train();
    assertThat(train.size()).isEqualTo(15);
    for (int c = 0; c < 3; c++) {
      assertThat(train.pixel(4, 31, 7, c)).isEqualTo((3 + 3 + 1 + 7 * c + 31 * 32 + 7) & 0xFF);
    }
    assertThat(train.label(4)).isEqualTo(7);
    assertThat(train.classNames().get(6)).isEqualTo("frog");
    assertThat(train.id(2)).isEqualTo(2);
    assertThat(train.id(3)).isEqualTo(10_000);
    assertThat(data.test().size()).isEqualTo(2);
    assertThat(data.notes()).hasSize(6).first().asString().contains("holds 3 records");
  }

  @Test
  void gzipAndArchiveHoldTheSame() {
    writeAll(false);
    long train = DataSets.open(folder).train().fingerprint();
    long test = DataSets.open(folder).test().fingerprint();
    Samples.write(folder.resolve("set.tar.gz"), Samples.gzip(Samples.tar(unordered())));
    DataSet archive = DataSets.open(folder.resolve("set.tar.gz"));
    assertThat(archive.train().fingerprint()).isEqualTo(train);
    assertThat(archive.test().fingerprint()).isEqualTo(test);
    for (int i = 1; i <= 5; i++) {
      assertThat(folder.resolve("data_batch_" + i + ".bin").toFile().delete()).isTrue();
    }
    writeAll(true);
    assertThat(DataSets.open(folder).train().fingerprint()).isEqualTo(train);
  }

  private static Map<String, byte[]> unordered() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int i : new int[] {1, 3, 4}) {
      files.put("cifar-10-batches-bin/data_batch_" + i + ".bin", Samples.cifar(3, 3 * i));
    }
    files.put("cifar-10-batches-bin/readme.html", new byte[777]);
    files.put("cifar-10-batches-bin/test_batch.bin", Samples.cifar(2, 0));
    for (int i : new int[] {5, 2}) {
      files.put("cifar-10-batches-bin/data_batch_" + i + ".bin", Samples.cifar(3, 3 * i));
    }
    return files;
  }

  @Test
  void limitNeedsOnlyTheFirstFiles() throws IOException {
    writeAll(true);
    Path last = folder.resolve("data_batch_5.bin.gz");
    Files.write(last, new byte[] {1, 2, 3});
    assertThat(damage()).isNotNull();
    DataSet data = DataSets.open(folder, 4);
    assertThat(data.train().size()).isEqualTo(4);
    assertThat(data.train().id(3)).isEqualTo(10_000);
    assertThat(data.test().size()).isEqualTo(2);
  }

  @Test
  void limitOfAnArchiveStopsWhenItHasEnough() {
    byte[] tar = Samples.tar(unordered());
    Arrays.fill(tar, tar.length - 4 * 3073, tar.length, (byte) 0x77);
    Path archive = folder.resolve("cifar-10-binary.tar.gz");
    Samples.write(archive, Samples.gzip(tar));
    assertThat(damage()).isNotNull();
    assertThat(DataSets.open(folder, 3).train().size()).isEqualTo(3);
  }

  @Test
  void listedRecordsAreLeftOutAndIdsStay() {
    writeAll(false);
    Samples.write(
        folder.resolve(SubstitutedRecords.FILE_NAME),
        "# file, record, label\ndata_batch_1.bin 1 4\ntest_batch.bin 0 0\n"
            .getBytes(StandardCharsets.US_ASCII));
    DataSet all = DataSets.open(folder);
    DataSet left = DataSets.open(folder, ReadOptions.ALL.withoutSubstituted());
    assertThat(all.train().size()).isEqualTo(15);
    assertThat(left.train().size()).isEqualTo(14);
    assertThat(left.train().id(1)).isEqualTo(2);
    assertThat(left.train().label(1)).isEqualTo(5);
    assertThat(left.test().size()).isEqualTo(1);
    DataSet few = DataSets.open(folder, ReadOptions.ALL.withoutSubstituted().limitedTo(3));
    assertThat(few.train().id(2)).isEqualTo(10_000);
  }

  @Test
  void aListOfAllRecordsLeavesNothingToRead() {
    writeAll(false);
    Samples.write(
        folder.resolve(SubstitutedRecords.FILE_NAME),
        "test_batch.bin 0 0\ntest_batch.bin 1 1\n".getBytes(StandardCharsets.US_ASCII));
    ReadOptions options = ReadOptions.ALL.withoutSubstituted();
    assertThat(catchThrowableOfType(DataException.class, () -> DataSets.open(folder, options)))
        .hasMessageContaining("expected records that are not listed");
  }

  @Test
  void anArchivesChecksumIsCompared() {
    byte[] zipped = Samples.gzip(Samples.tar(unordered()));
    Samples.write(
        folder.resolve("cifar-10-binary.tar.gz"), Samples.with(zipped, zipped.length - 8, 1, 2));
    assertThat(damage()).hasMessageContaining("the checksum");
  }

  @Test
  void aListOfAnotherCopyIsRefused() {
    writeAll(false);
    Path list = folder.resolve(SubstitutedRecords.FILE_NAME);
    Samples.write(list, "data_batch_1.bin 1 9\n".getBytes(StandardCharsets.US_ASCII));
    ReadOptions options = ReadOptions.ALL.withoutSubstituted();
    DataException e =
        catchThrowableOfType(DataException.class, () -> DataSets.open(folder, options));
    assertThat(e).hasMessageContaining("expected label 9");
    assertThat(e.offset()).isEqualTo(3073);
    Samples.write(list, "# x\ndata_batch_1.bin one\n".getBytes(StandardCharsets.US_ASCII));
    e = catchThrowableOfType(DataException.class, () -> DataSets.open(folder, options));
    assertThat(e).hasMessageContaining("'file record label'");
    assertThat(e.offset()).isEqualTo(4);
  }

  @Test
  void damagedFilesAreNamedWithTheirByte() {
    writeAll(false);
    write("data_batch_2.bin", Arrays.copyOf(Samples.cifar(3, 6), 3 * 3073 - 5), false);
    assertThat(damage().offset()).isEqualTo(2 * 3073);
    assertThat(damage()).hasMessageContaining("found 3068 bytes at the end");
    write("data_batch_2.bin", Samples.append(Samples.cifar(3, 6), 1), false);
    assertThat(damage()).hasMessageContaining("found 1 bytes at the end");
    write("data_batch_2.bin", new byte[0], false);
    assertThat(damage()).hasMessageContaining("whole records");
    write("data_batch_2.bin", Samples.with(Samples.cifar(3, 6), 3073, 10), false);
    assertThat(damage().offset()).isEqualTo(3073);
    assertThat(damage()).hasMessageContaining("a label from 0 to 9, found 10");
    Samples.write(
        folder.resolve("data_batch_2.bin"),
        Samples.gzip(Arrays.copyOf(Samples.cifar(3, 6), 2 * 3073 + 9)));
    assertThat(damage().offset()).isEqualTo(2 * 3073);
    assertThat(damage()).hasMessageContaining("after decompression").hasMessageContaining("only 9");
    Samples.write(folder.resolve("data_batch_2.bin"), Samples.gzip(new byte[0]));
    assertThat(damage()).hasMessageContaining("at least one record");
  }

  @Test
  void aMissingFileIsNamed() {
    writeAll(false);
    assertThat(folder.resolve("data_batch_3.bin").toFile().delete()).isTrue();
    assertThat(damage()).hasMessageContaining("expected data_batch_3.bin, found none");
  }

  @Test
  void damagedArchivesAreNamedWithTheirByte() {
    Path archive = folder.resolve("cifar-10-binary.tar.gz");
    Map<String, byte[]> files = unordered();
    byte[] tar = Samples.tar(files);
    Samples.write(archive, Samples.gzip(Samples.with(tar, 3, 'X')));
    assertThat(damage()).hasMessageContaining("a tar header with checksum");
    assertThat(damage().offset()).isZero();
    Samples.write(archive, Samples.gzip(Samples.with(tar, 124, 'X')));
    assertThat(damage()).isNotNull();
    Samples.write(archive, Samples.gzip(Arrays.copyOf(tar, 20_000)));
    assertThat(damage()).hasMessageContaining("only");
    Samples.write(
        archive,
        Samples.gzip(
            Arrays.copyOf(Samples.tarHeader("data_batch_1.bin", 3073 * 100_000, '0'), 600)));
    assertThat(damage()).hasMessageContaining("room for at most");
    files.put("again/data_batch_1.bin", Samples.cifar(3, 3));
    Samples.write(archive, Samples.gzip(Samples.tar(files)));
    assertThat(damage()).hasMessageContaining("a second data_batch_1.bin");
    files.remove("again/data_batch_1.bin");
    files.remove("cifar-10-batches-bin/data_batch_5.bin");
    Samples.write(archive, Samples.gzip(Samples.tar(files)));
    assertThat(damage()).hasMessageContaining("data_batch_5.bin beside the other parts");
    files.put("data_batch_5.bin", new byte[3072]);
    Samples.write(archive, Samples.gzip(Samples.tar(files)));
    assertThat(damage()).hasMessageContaining("records of 3073 bytes in data_batch_5.bin");
  }
}
