package dev.retrograde.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.ir.Program;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
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

  /// Resident bytes after a collection, without what Java has taken for its heap, classes and
  /// compiled code; pages are taken to have 4096 bytes.
  private static long resident() throws IOException {
    System.gc();
    MemoryMXBean java = ManagementFactory.getMemoryMXBean();
    long own =
        java.getHeapMemoryUsage().getCommitted() + java.getNonHeapMemoryUsage().getCommitted();
    return Long.parseLong(Files.readString(COUNTS).split(" ")[1]) * 4096 - own;
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
  /// what Java's compiler works in and pages of the heap that are touched for the first time; the
  /// bound is a tenth of what staying would take.
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
