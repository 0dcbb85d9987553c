package dev.retrograde.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.ir.Program;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Memory of the process, as the system counts it, stays where it is.
class FlatMemoryTest {
  private static final Path COUNTS = Path.of("/proc/self/statm");
  private static final long MIB = 1 << 20;

  @BeforeEach
  void onlyWhereTheSystemCounts() {
    Assumptions.assumeTrue(Files.isReadable(COUNTS), "no /proc/self/statm here");
    Runs.levels();
  }

  /// Resident bytes after a collection; pages are taken to have 4096 bytes.
  private static long resident() throws IOException {
    System.gc();
    return Long.parseLong(Files.readString(COUNTS).split(" ")[1]) * 4096;
  }

  @Test
  void tenThousandSteps() throws IOException {
    Program p = Nets.mlp(8, 32, 24);
    try (StateStore state = StateStore.of(1, p);
        Executable e = new X64Target().compile(p, state, Target.Options.threads(2))) {
      Runs.fill(e, 5);
      for (int i = 0; i < 2_000; i++) {
        e.run();
      }
      long before = resident();
      for (int i = 0; i < 10_000; i++) {
        e.run();
      }
      assertThat(resident() - before).isLessThan(16 * MIB);
    }
  }

  /// Each has an arena of some 16 MiB: a hundred that stayed would be 1.6 GiB. What else grows is
  /// the Java heap and its compiler, which had grown by 111 MiB on a loaded machine after a warm-up
  /// of 8; the warm-up is longer now, and the bound a tenth of what staying would take.
  @Test
  void aHundredExecutablesOpenedAndClosed() throws IOException {
    Program p = Nets.resnet(16, 32, 1, 16, 16);
    openAndClose(p, 40);
    long before = resident();
    openAndClose(p, 100);
    assertThat(resident() - before).isLessThan(160 * MIB);
  }

  private static void openAndClose(Program p, int times) {
    for (int i = 0; i < times; i++) {
      try (StateStore state = StateStore.of(1, p);
          Executable e = new X64Target().compile(p, state, Target.Options.threads(2))) {
        Runs.fill(e, i);
        if (i % 10 == 0) {
          e.run();
        } else {
          touch(e);
        }
      }
    }
  }

  /// Inputs are memory of the executable, too.
  private static void touch(Executable e) {
    e.program().inputs().forEach(i -> e.input(i.name()).fill((byte) 1));
  }
}
