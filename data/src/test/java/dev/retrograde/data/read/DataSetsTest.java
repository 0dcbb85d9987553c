package dev.retrograde.data.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetsTest {
  @TempDir Path folder;

  @Test
  void aFolderWithoutDataSaysWhatWasSought() throws IOException {
    Files.writeString(folder.resolve("notes.txt"), "nothing");
    assertThatThrownBy(() -> DataSets.open(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("train-images*")
        .hasMessageContaining("data_batch_1.bin")
        .hasMessageContaining("cifar-10-binary.tar.gz")
        .hasMessageContaining("found notes.txt");
  }

  @Test
  void aMissingFolderAndAStrayFileAreNamed() throws IOException {
    assertThatThrownBy(() -> DataSets.open(folder.resolve("absent")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("absent: expected a folder or cifar-10-binary.tar.gz, found nothing");
    Path file = Files.writeString(folder.resolve("notes.txt"), "nothing");
    assertThatThrownBy(() -> DataSets.open(file))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("found another file");
  }

  @Test
  void twoSetsInOneFolderAreRefused() {
    Samples.write(folder.resolve("train-images-idx3-ubyte"), Samples.idxImages(2));
    Samples.write(folder.resolve("data_batch_1.bin"), Samples.cifar(1, 0));
    assertThatThrownBy(() -> DataSets.open(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("idx files and CIFAR-10 files");
  }

  @Test
  void oneSampleCannotBeSplit() {
    Samples.write(folder.resolve("train-images"), Samples.idxImages(1));
    Samples.write(folder.resolve("train-labels"), Samples.idxLabels(1));
    assertThatThrownBy(() -> DataSets.open(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("a test part, or at least 2 samples to split, found 1 samples");
  }

  @Test
  void missingCompanionsAreNamed() {
    Samples.write(folder.resolve("train-images-idx3-ubyte"), Samples.idxImages(2));
    assertThatThrownBy(() -> DataSets.open(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("train-labels*");
    Samples.write(folder.resolve("train-labels-idx1-ubyte"), Samples.idxLabels(2));
    Samples.write(folder.resolve("t10k-labels-idx1-ubyte"), Samples.idxLabels(2));
    assertThatThrownBy(() -> DataSets.open(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("t10k-images*");
  }

  @Test
  void dataHomeIsTheVariableElseSharedDataAboveTheWorkingDirectory() throws IOException {
    Path home = Files.createDirectories(folder.resolve("shared/data"));
    Path module = Files.createDirectories(folder.resolve("repository/module"));
    assertThat(DataHome.find(Map.of(), folder.resolve("repository"))).contains(home);
    assertThat(DataHome.find(Map.of(), module)).contains(home);
    Map<String, String> named = Map.of("RETROGRADE_DATA", module.toString());
    assertThat(DataHome.find(named, module)).contains(module);
    Map<String, String> wrong = Map.of("RETROGRADE_DATA", folder.resolve("absent").toString());
    assertThat(DataHome.find(wrong, module)).isEmpty();
  }
}
