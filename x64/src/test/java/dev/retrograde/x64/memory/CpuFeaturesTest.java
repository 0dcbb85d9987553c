package dev.retrograde.x64.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CpuFeaturesTest {
  private static final Path KERNEL = Path.of("/proc/cpuinfo");

  @BeforeEach
  void needsExecutablePages() {
    String reason = ExecutableMemory.whyUnavailable();
    assumeTrue(reason.isEmpty(), reason);
    assumeTrue(Files.isReadable(KERNEL), "the kernel's description cannot be read");
  }

  private static String kernel(String key) throws IOException {
    return Files.readAllLines(KERNEL).stream()
        .filter(line -> line.split(":")[0].strip().equals(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("");
  }

  @Test
  void featuresAreThoseThatTheKernelLists() throws IOException {
    Set<String> flags = new HashSet<>(List.of(kernel("flags").split(" ")));
    Set<CpuFeature> expected =
        Arrays.stream(CpuFeature.values())
            .filter(f -> flags.contains(f.name().toLowerCase(Locale.ROOT)))
            .collect(Collectors.toSet());
    assertThat(CpuFeatures.detect().features()).isEqualTo(expected);
  }

  @Test
  void vendorIsThatOfTheKernelAndTheBrandIsText() throws IOException {
    CpuFeatures cpu = CpuFeatures.detect();
    assertThat(cpu.vendor()).isEqualTo(kernel("vendor_id"));
    assertThat(cpu.brand()).isNotBlank().matches("\\p{Print}+");
  }

  @Test
  void cachesAreThoseOfTheKernel() throws IOException {
    CpuFeatures cpu = CpuFeatures.detect();
    for (int i = 0; i < cpu.caches().size(); i++) {
      Path cache = Path.of("/sys/devices/system/cpu/cpu0/cache/index" + i);
      assumeTrue(Files.isReadable(cache.resolve("size")), "the kernel does not list caches");
      CpuCache c = cpu.caches().get(i);
      assertThat(c.bytes() / 1024 + "K").isEqualTo(Files.readString(cache.resolve("size")).strip());
      assertThat(c.level()).asString().isEqualTo(Files.readString(cache.resolve("level")).strip());
      assertThat(c.kind().name())
          .isEqualToIgnoringCase(Files.readString(cache.resolve("type")).strip());
    }
    if (!cpu.caches().isEmpty()) {
      assertThat(cpu.dataCacheBytes(1)).isPresent();
    }
    assertThat(cpu.dataCacheBytes(9)).isEmpty();
  }
}
