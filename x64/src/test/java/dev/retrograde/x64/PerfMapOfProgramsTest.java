package dev.retrograde.x64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerfMapOfProgramsTest {
  private record Line(long from, long bytes, String name) {}

  @BeforeAll
  static void machineCode() {
    Assumptions.assumeTrue(X64KernelCompiler.available(), X64KernelCompiler.whyUnavailable());
  }

  /// Two equal products in different layers share their code, so one line names both.
  private static Program program() {
    return Trace.program(
        "step",
        false,
        t -> {
          Tensor x = t.input("x", Type.of(DType.F32, 4, 8));
          Tensor w = t.input("w", Type.of(DType.F32, 8, 8));
          Tensor h = t.scope("first", () -> t.matmul(x, w));
          Tensor y = t.scope("second", () -> t.matmul(h, w));
          Tensor z = t.scope("third", () -> t.exp(t.matmul(y, w)));
          t.output("y", y);
          t.output("sum", t.scope("loss", () -> t.sum(z)));
        });
  }

  @Test
  void namesCodeThatIsThere(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("perf-1.map");
    Program p = program();
    Target.Options options = Target.Options.DEFAULT.withPerfMap(file);
    try (StateStore state = StateStore.of(1, p);
        Executable e = new X64Target().compile(p, state, options)) {
      List<Line> lines =
          Files.readAllLines(file).stream().map(PerfMapOfProgramsTest::line).toList();
      assertThat(lines).hasSize(e.compiled().distinct());
      assertThat(lines).extracting(Line::name).anyMatch(n -> n.startsWith("step: first/Contract"));
      assertThat(lines).extracting(Line::name).anyMatch(n -> n.endsWith(" and 1 more"));
      assertThat(lines).extracting(Line::name).anyMatch(n -> n.startsWith("step: loss/"));
      assertThat(lines.stream().mapToLong(Line::bytes).sum()).isEqualTo(e.compiled().codeBytes());
      assertThat(lines).allMatch(PerfMapOfProgramsTest::executable);
      e.run();
    }
  }

  @Test
  void bytecodeHasNone(@TempDir Path folder) {
    Program p = program();
    Target.Options options = Target.Options.DEFAULT.withPerfMap(folder.resolve("perf-1.map"));
    try (StateStore state = StateStore.of(1, p)) {
      assertThatThrownBy(() -> new JvmTarget().compile(p, state, options))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("-XX:+DumpPerfMapAtExit");
    }
  }

  private static Line line(String text) {
    String[] parts = text.split(" ", 3);
    return new Line(Long.parseLong(parts[0], 16), Long.parseLong(parts[1], 16), parts[2]);
  }

  /// Whether all of it lies in one mapping that may be executed and not written.
  private static boolean executable(Line l) {
    try {
      return Files.readAllLines(Path.of("/proc/self/maps")).stream()
          .filter(m -> m.contains(" r-xp "))
          .map(m -> m.split("[- ]", 3))
          .anyMatch(m ->
              Long.parseUnsignedLong(m[0], 16) <= l.from
                  && l.from + l.bytes <= Long.parseUnsignedLong(m[1], 16));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
