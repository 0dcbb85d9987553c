package dev.retrograde.x64.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlatformTest {
  private static String reason(String system, String processor, int pointer) {
    return switch (Platform.of(system, processor, pointer)) {
      case Platform.LinuxX64 linux -> "";
      case Platform.NotSupported no -> no.reason();
    };
  }

  @Test
  void linuxOnX64IsServedAndAllElseSaysWhyNot() {
    assertThat(reason("Linux", "amd64", 8)).isEmpty();
    assertThat(reason("Linux", "x86_64", 8)).isEmpty();
    assertThat(reason("Windows 11", "amd64", 8)).contains("Windows", "VirtualAlloc");
    assertThat(reason("Mac OS X", "x86_64", 8)).contains("macOS", "MAP_JIT");
    assertThat(reason("Linux", "aarch64", 8)).contains("aarch64");
    assertThat(reason("Linux", "x86", 4)).contains("x86");
    assertThat(reason("Linux", "x86_64", 4)).contains("32 bits");
    assertThat(reason("FreeBSD", "amd64", 8)).contains("FreeBSD");
  }

  /// Pages of an operating system that refuses one of the two steps.
  private static final class RefusingPages implements Pages {
    private final boolean refusesMap;
    private final List<String> calls = new ArrayList<>();
    private final Arena arena;

    RefusingPages(boolean refusesMap, Arena arena) {
      this.refusesMap = refusesMap;
      this.arena = arena;
    }

    @Override
    public long pageBytes() {
      return 4096;
    }

    @Override
    public Answer map(long bytes) {
      calls.add("map " + bytes);
      return refusesMap
          ? new Answer(0, "ENOMEM (test)")
          : new Answer(arena.allocate(bytes, 4096).address(), "");
    }

    @Override
    public Answer protect(long address, long bytes, Access access) {
      calls.add("protect " + access);
      return new Answer(0, "EACCES (test)");
    }

    @Override
    public void unmap(long address, long bytes) {
      calls.add("unmap " + bytes);
    }
  }

  @Test
  void refusedMappingsAreAnExceptionWithTheReason() {
    try (Arena arena = Arena.ofConfined()) {
      RefusingPages pages = new RefusingPages(true, arena);
      assertThatThrownBy(() -> ExecutableMemory.copy(new byte[1], arena, pages))
          .isInstanceOf(ExecutableMemoryRefused.class)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContainingAll("4096 bytes", "ENOMEM", "jvm");
      assertThat(pages.calls).containsExactly("map 4096");
    }
  }

  @Test
  void refusedExecutionIsAnExceptionAndThePagesGoBack() {
    try (Arena arena = Arena.ofConfined()) {
      RefusingPages pages = new RefusingPages(false, arena);
      assertThatThrownBy(() -> ExecutableMemory.copy(new byte[4097], arena, pages))
          .isInstanceOf(ExecutableMemoryRefused.class)
          .hasMessageContainingAll("become executable", "EACCES", "jvm")
          .extracting(e -> ((ExecutableMemoryRefused) e).reason())
          .asString()
          .contains("EACCES");
      assertThat(pages.calls).containsExactly("map 8192", "protect READ_EXECUTE", "unmap 8192");
    }
  }

  @Test
  void noCodeIsAnArgumentException() {
    try (Arena arena = Arena.ofConfined()) {
      RefusingPages pages = new RefusingPages(false, arena);
      assertThatThrownBy(() -> ExecutableMemory.copy(new byte[0], arena, pages))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no byte");
    }
  }
}
