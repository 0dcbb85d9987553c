package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.choice.Saving;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Entry;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryPlanTest {
  private static MemoryReport report(Program p, Target.Options o) {
    try (StateStore state = StateStore.of(3, p);
        Executable e = ReferenceCompiler.wide().compile(p, state, o)) {
      return e.memory();
    }
  }

  private static Program named(String name) {
    return switch (name) {
      case "mlp" -> Nets.mlp(64, 784, 500, 500);
      case "lenet" -> Nets.lenet(32, 28);
      case "resnet20" -> Nets.resnet(32, 32, 3, 16, 32, 64);
      case "resnet20, recomputed" ->
          new Saving.Recompute(2).apply(Nets.resnet(32, 32, 3, 16, 32, 64));
      default -> throw new IllegalArgumentException(name);
    };
  }

  /// Every pair of buffers of the arena that live at the same time.
  private static void assertApart(MemoryReport r) {
    List<Entry> arena = r.tensors().stream().filter(e -> e.offset() >= 0).toList();
    for (Entry a : arena) {
      assertThat(a.offset() % 64).isZero();
      assertThat(a.offset() + a.bytes() + 64).isLessThanOrEqualTo(r.arenaBytes());
      assertThat(a.birth()).isLessThanOrEqualTo(a.death());
      for (Entry b : arena) {
        boolean together = a.birth() <= b.death() && b.birth() <= a.death();
        boolean apart =
            a.offset() + a.bytes() + 64 <= b.offset() || b.offset() + b.bytes() + 64 <= a.offset();
        if (a != b && together && !apart) {
          throw new AssertionError(a + " and " + b + " lie on each other");
        }
      }
    }
  }

  /// Who is written over another has its size and place, and counts from the step after.
  private static void assertHandedOver(MemoryReport r) {
    Map<String, List<Entry>> byName =
        r.tensors().stream().collect(java.util.stream.Collectors.groupingBy(Entry::name));
    for (Entry e : r.tensors()) {
      if (!e.over().isEmpty()) {
        assertThat(byName.get(e.over()))
            .as("%s is written over %s", e.name(), e.over())
            .anyMatch(o ->
                o.offset() == e.offset() && o.bytes() == e.bytes() && o.death() + 1 == e.birth());
        assertThat(e.offset()).isNotNegative();
      }
    }
  }

  private static void assertAddsUp(MemoryReport r) {
    long most = 0;
    for (int i = 0; i < r.steps(); i++) {
      int step = i;
      long live =
          r.tensors().stream()
              .filter(e -> e.birth() <= step && step <= e.death())
              .mapToLong(Entry::bytes)
              .sum();
      assertThat(r.byTag(i).values().stream().mapToLong(x -> x).sum()).isEqualTo(live);
      most = Math.max(most, live);
    }
    assertThat(r.peakBytes()).isEqualTo(most);
    assertThat(r.atPeak().values().stream().mapToLong(x -> x).sum()).isEqualTo(most);
  }

  /// Most bytes of the arena that are alive at once: no plan needs less.
  static long leastArena(MemoryReport r) {
    long most = 0;
    for (int i = 0; i < r.steps(); i++) {
      int step = i;
      most =
          Math.max(
              most,
              r.tensors().stream()
                  .filter(e -> e.offset() >= 0 && e.birth() <= step && step <= e.death())
                  .mapToLong(Entry::bytes)
                  .sum());
    }
    return most;
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp", "lenet", "resnet20", "resnet20, recomputed"})
  void plansOfNetworksAreTightAndAddUp(String name, TestReporter figures) {
    Program p = named(name);
    MemoryReport r = report(p, Target.Options.DEFAULT);
    assertApart(r);
    assertAddsUp(r);
    assertHandedOver(r);
    double ratio = (double) r.arenaBytes() / leastArena(r);
    figures.publishEntry(
        name, "arena/peak %.4f, %d bytes, %s".formatted(ratio, r.peakBytes(), r.atPeak()));
    assertThat(ratio).as("%s: arena over the most that lives at once", name).isLessThan(1.05);
    // State stands in the report byte by byte.
    long state = p.state().stream().mapToLong(s -> s.entry().type().bytes()).sum();
    Map<String, Entry> byName = new java.util.HashMap<>();
    r.tensors().forEach(e -> byName.putIfAbsent(e.name(), e));
    long reported = p.state().stream().mapToLong(s -> byName.get(s.entry().name()).bytes()).sum();
    assertThat(reported).isEqualTo(state);
  }

  @Test
  void plansOfRandomProgramsNeverOverlap() {
    for (int seed = 0; seed < 150; seed++) {
      Program p = RandomPrograms.make(seed);
      for (Target.Options o : List.of(Target.Options.DEFAULT, Comparison.PLAIN)) {
        MemoryReport r = report(p, o);
        assertApart(r);
        assertAddsUp(r);
        assertHandedOver(r);
      }
    }
  }

  private static Program chain(BiFunction<Trace, Tensor, Tensor> f) {
    return Trace.program(
        "chain",
        false,
        t -> {
          Tensor x = t.input("x", Type.of(DType.F32, 8, 256));
          Tensor a = t.exp(t.matmul(x, t.transpose(x, 1, 0)));
          t.output("y", t.matmul(f.apply(t, a), x));
        });
  }

  private static long reused(BiFunction<Trace, Tensor, Tensor> f) {
    MemoryReport r = report(chain(f), Comparison.PLAIN);
    assertApart(r);
    assertHandedOver(r);
    return r.tensors().stream().filter(e -> !e.over().isEmpty()).count();
  }

  @Test
  void anElementwiseResultTakesOverAnOperandThatDies() {
    // Both the exponential of the product and what follows it.
    assertThat(reused((t, a) -> t.mul(a, 2))).isEqualTo(2);
  }

  @Test
  void anOperandThatIsReadLaterOrElsewhereIsLeftAlone() {
    assertThat(reused((t, a) -> t.matmul(t.mul(a, 2), a))).isEqualTo(1);
    assertThat(reused((t, a) -> t.add(a, t.transpose(a, 1, 0)))).isEqualTo(1);
    assertThat(reused((t, a) -> t.sub(a, t.reshape(t.max(a, 1), 8, 1)))).isEqualTo(2);
  }

  @Test
  void dataGradientsAreWrittenOverTheirImages() {
    Program p =
        Nets.step(
            "chain",
            (t, x) -> {
              Tensor h = x;
              for (int i = 0; i < 5; i++) {
                h = t.relu(Nets.conv(t, "conv" + i, h, 16, Geometry.square(3, 1, 1)));
              }
              return t.mean(h, 1, 2);
            },
            8,
            16,
            16,
            16);
    MemoryReport r = report(p, Target.Options.DEFAULT);
    assertApart(r);
    assertHandedOver(r);
    Map<String, Entry> byName = new java.util.HashMap<>();
    r.tensors().forEach(e -> byName.putIfAbsent(e.name(), e));
    // The images of three convolutions: the first one's input has no gradient, and the second one's
    // data gradient is read by a filter gradient alone, so that it needs no border.
    long image = 8L * 18 * 18 * 16 * 4;
    assertThat(
            r.tensors().stream()
                .filter(e -> e.tag() == Tag.COTANGENT)
                .map(e -> byName.get(e.over()))
                .filter(e -> e != null && e.tag() == Tag.RESIDUAL && e.bytes() == image))
        .hasSize(3);
  }
}
