package dev.retrograde.data.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataSet;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptDigitsTest {
  private static final String LINE =
      IntStream.range(0, 64).mapToObj(i -> String.valueOf(i % 17)).collect(Collectors.joining(","));

  @TempDir Path folder;

  private void write(String train, String test) throws IOException {
    Files.writeString(folder.resolve("optdigits.tra"), train);
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("optdigits.tes.gz")))) {
      out.write(test.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }
  }

  @Test
  void linesAreImages() throws IOException {
    write(LINE + ",3\n" + LINE + ",9", LINE + ",0\r\n");
    DataSet set = DataSets.open(folder);
    assertThat(set.train().size()).isEqualTo(2);
    assertThat(set.test().size()).isEqualTo(1);
    assertThat(set.train().label(0)).isEqualTo(3);
    assertThat(set.train().label(1)).isEqualTo(9);
    assertThat(set.train().pixel(1, 2, 0, 0)).isEqualTo(240);
    assertThat(set.train().pixel(1, 2, 1, 0)).isEqualTo(0);
    assertThat(DataSets.open(folder, 1).train().size()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {",10", "", ",1,1", ",x", ",-1"})
  void damageSaysWhere(String end) throws IOException {
    write(LINE + ",1\n" + LINE + end + "\n", LINE + ",0\n");
    assertThatThrownBy(() -> DataSets.open(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("expected 64 numbers from 0 to 16 and a class from 0 to 9")
        .hasMessageContaining("line 2");
  }

  @Test
  void aMissingPartIsNamed() throws IOException {
    Files.writeString(folder.resolve("optdigits.tra"), LINE + ",1\n");
    assertThatThrownBy(() -> DataSets.open(folder)).hasMessageContaining("optdigits.tes");
  }

  @Test
  void thePublishedFilesHaveTheirCounts() {
    Optional<Path> home = DataHome.find("tabular");
    assumeTrue(
        home.filter(h -> Files.exists(h.resolve("optdigits.tra.gz"))).isPresent(),
        DataHome.cure("tabular"));
    DataSet set = DataSets.open(home.orElseThrow());
    assertThat(set.train().size()).isEqualTo(3823);
    assertThat(set.test().size()).isEqualTo(1797);
    assertThat(set.train().pixel(0, 0, 2, 0)).isEqualTo(6 * 15);
    assertThat(set.train().label(2)).isEqualTo(0);
    assertThat(set.train().label(3822)).isEqualTo(9);
  }
}
