package dev.retrograde.x64.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerfMapTest {
  @Test
  void linesAreAppendedInHexadecimal(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("perf-1.map");
    try (PerfMap map = PerfMap.open(file)) {
      map.add(0x7f00_1234_5000L, 255, "conv forward\n1");
      assertThatThrownBy(() -> map.add(1, 0, "empty"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("empty");
    }
    try (PerfMap map = PerfMap.open(file)) {
      map.add(-1, 16, "top");
    }
    assertThat(Files.readString(file))
        .isEqualTo("7f0012345000 ff conv forward 1\nffffffffffffffff 10 top\n");
  }
}
