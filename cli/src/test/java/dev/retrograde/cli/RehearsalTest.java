package dev.retrograde.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RehearsalTest {
  @TempDir Path folder;

  @Test
  void everyCommandOfTheRehearsalComesToItsEnd() {
    assertThat(Rehearsal.run(folder)).isEqualTo(ExitCode.DONE);
    assertThat(folder.resolve("model")).isNotEmptyDirectory();
    assertThat(folder.resolve("record.json")).isNotEmptyFile();
    assertThat(folder.resolve("report.html")).isNotEmptyFile();
  }
}
