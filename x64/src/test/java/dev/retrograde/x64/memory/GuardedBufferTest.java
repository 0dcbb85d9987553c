package dev.retrograde.x64.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GuardedBufferTest {
  @BeforeEach
  void needsLinux() {
    assumeTrue(Platform.detect() instanceof Platform.LinuxX64, "needs Linux on x86-64");
  }

  private record Mapping(long from, long to, String access) {}

  /// What the operating system says about this process's memory.
  private static List<Mapping> mappings() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/maps")).stream()
        .map(line -> line.split("[- ]", 4))
        .map(part ->
            new Mapping(
                Long.parseUnsignedLong(part[0], 16),
                Long.parseUnsignedLong(part[1], 16),
                part[2] + (part[2].length() < 4 ? "-" + part[3] : "")))
        .toList();
  }

  private static String accessAt(long address) throws IOException {
    return mappings().stream()
        .filter(m -> m.from() <= address && address < m.to())
        .map(m -> m.access())
        .findFirst()
        .orElse("unmapped");
  }

  @Test
  void endAndStartTouchAGuardPage() throws IOException {
    for (long size : new long[] {0, 1, 13, 4095, 4096, 4097, 100_000}) {
      try (GuardedBuffer end = GuardedBuffer.endingAtGuard(size);
          GuardedBuffer start = GuardedBuffer.startingAtGuard(size);
          GuardedBuffer aligned = GuardedBuffer.endingAtGuard(size, 64)) {
        assertThat(accessAt(end.segment().address() + size)).startsWith("---");
        assertThat(accessAt(start.segment().address() - 1)).startsWith("---");
        assertThat(aligned.segment().address() % 64).isZero();
        assertThat(accessAt(aligned.segment().address() + size + 63)).startsWith("---");
        if (size > 0) {
          assertThat(accessAt(end.segment().address())).startsWith("rw");
          assertThat(accessAt(start.segment().address() + size - 1)).startsWith("rw");
        }
        end.segment().fill((byte) 1);
        start.segment().fill((byte) 2);
        assertThat(end.slackIsUntouched()).isTrue();
        assertThat(start.slackIsUntouched()).isTrue();
      }
    }
  }

  @Test
  void aWriteIntoTheSlackIsSeen() {
    try (GuardedBuffer buffer = GuardedBuffer.startingAtGuard(10)) {
      MemorySegment.ofAddress(buffer.segment().address() + 10)
          .reinterpret(1)
          .set(ValueLayout.JAVA_BYTE, 0, (byte) 0);
      assertThat(buffer.slackIsUntouched()).isFalse();
    }
  }

  @Test
  void useAfterCloseIsAnException() {
    GuardedBuffer buffer = GuardedBuffer.endingAtGuard(8);
    MemorySegment segment = buffer.segment();
    buffer.close();
    assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> GuardedBuffer.endingAtGuard(8, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("power of two");
  }

  @Test
  void codePagesAreExecutableAndNotWritable() throws IOException {
    String reason = ExecutableMemory.whyUnavailable();
    assumeTrue(reason.isEmpty(), reason);
    long address;
    try (ExecutableMemory memory = ExecutableMemory.load(new byte[] {(byte) 0xC3})) {
      address = memory.address();
      assertThat(accessAt(address)).startsWith("r").doesNotContain("w").contains("x");
    }
    assertThat(accessAt(address)).doesNotContain("x");
  }
}
