package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.retrograde.choice.BudgetException;
import dev.retrograde.choice.Frontier;
import dev.retrograde.choice.Residual;
import dev.retrograde.choice.Saved;
import dev.retrograde.choice.Saving;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.Program;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What policies keep, in bytes, and what a budget makes of it.
class SavingBytesTest {
  private static final int CHANNELS = 8;

  /// Convolution, norm and relu, again and again, then one more convolution.
  private static Program chain(int links, int batch, int side) {
    return Nets.step(
        "chain",
        (t, x) -> {
          Tensor h = Nets.conv(t, "stem", x, CHANNELS, Geometry.square(3, 1, 1));
          for (int i = 0; i < links; i++) {
            Tensor in = h;
            h =
                t.scope(
                    "layer" + i,
                    () -> {
                      Tensor y = Nets.conv(t, "conv", in, CHANNELS, Geometry.square(3, 1, 1));
                      return t.relu(Nets.batchNorm(t, "bn", y));
                    });
          }
          Tensor last = Nets.conv(t, "last", h, CHANNELS, Geometry.square(3, 1, 1));
          return t.scope("head", () -> Nets.dense(t, "out", t.mean(last, 1, 2), 3));
        },
        batch,
        side,
        side,
        3);
  }

  private static Forecast forecast(Program p) {
    return ReferenceCompiler.wide().forecast(p, Target.Options.DEFAULT);
  }

  private static Saved save(String spec, Program p) {
    return Saving.parse(spec).save(p, SavingBytesTest::forecast);
  }

  /// S is a map of 8192 bytes; quantised ones have a scale and an offset of each channel. Vectors
  /// of channels, which every policy keeps alike, are not counted.
  @ParameterizedTest
  @CsvSource({
    "store, 16384",
    "exact, 8192",
    "pooled:2, 10240",
    "pooledq:2, 4416",
    "quantized:8, 2368",
    "quantized:4, 1344",
    "pooledall:2, 4352"
  })
  @DisplayName("C7: kept bytes of norm, relu and convolution are those of the formula")
  void keptBytesEqualTheFormula(String spec, long expected) {
    long s = 4L * CHANNELS * 4 * 8 * 8;
    long pair = 8L * CHANNELS;
    long formula =
        switch (spec) {
          case "store" -> 2 * s;
          case "exact" -> s;
          case "pooled:2" -> s + s / 4;
          case "pooledq:2" -> s / 4 + s / 4 + s / 32 + pair;
          case "quantized:8" -> s / 4 + s / 32 + pair;
          case "quantized:4" -> s / 8 + s / 32 + pair;
          default -> 2 * s / 4 + s / 32;
        };
    assertThat(formula).isEqualTo(expected);
    long kept =
        save(spec, chain(2, 4, 8)).residuals().stream()
            .filter(r -> r.layer().startsWith("layer1"))
            .filter(r -> r.bytes() == s || r.policy().equals("bits"))
            .mapToLong(Residual::kept)
            .sum();
    assertThat(kept).isEqualTo(formula);
  }

  /// Smooth images, as photographs are.
  private static Map<String, HostTensor> smooth(Program p) {
    try (StateStore state = StateStore.of(3, p);
        Executable e = ReferenceCompiler.wide().compile(p, state, Target.Options.DEFAULT)) {
      Comparison.fill(e, 5);
      HostTensor x =
          HostTensor.fill(
              p.inputs().getFirst().value().type(),
              i -> {
                int c = i % 3;
                int at = i / 3 % 64;
                int n = i / 192;
                return Math.sin(at % 8 * 0.5 + n + c) + Math.cos(at / 8 * 0.4 - n * c);
              });
      Segments.write(e.input("x"), x);
      e.run();
      return Comparison.seen(e, state);
    }
  }

  @Test
  @DisplayName("C6: averaged filter gradients point where the exact ones do")
  void averagedGradientsPointTheSameWay(TestReporter log) {
    Program p = Nets.resnet(6, 8, 2, 8, 16);
    Map<String, HostTensor> store = smooth(p);
    Map<String, HostTensor> pooled = smooth(save("pooled:2", p).program());
    int averaged = 0;
    for (String name : store.keySet()) {
      if (name.endsWith("filter.momentum")) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < store.get(name).size(); i++) {
          double a = store.get(name).get(i);
          double b = pooled.get(name).get(i);
          ab += a * b;
          aa += a * a;
          bb += b * b;
        }
        log.publishEntry("cosine of " + name, Double.toString(ab / Math.sqrt(aa * bb)));
        assertThat(ab / Math.sqrt(aa * bb)).as("cosine of %s", name).isGreaterThan(0.6);
        averaged += pooled.get(name).sameBits(store.get(name)) ? 0 : 1;
      }
    }
    assertThat(averaged).isGreaterThan(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"quantized:8", "quantized:4", "pooledq:2", "pooledall:2"})
  @DisplayName("C16: forward never holds values and their codes beyond one layer's")
  void valuesGoOnceTheyAreCoded(String spec) {
    int side = 16;
    int batch = 4;
    long map = 4L * batch * side * side * CHANNELS;
    MemoryReport shallow = forecast(save(spec, chain(4, batch, side)).program()).memory();
    MemoryReport deep = forecast(save(spec, chain(16, batch, side)).program()).memory();
    // Twelve layers more cost their codes; were their values there too, it would be 12 maps more.
    long codes =
        save(spec, chain(16, batch, side)).kept() - save(spec, chain(4, batch, side)).kept();
    assertThat(codes).isLessThan(12 * map * 3 / 4);
    assertThat(most(deep) - most(shallow)).isLessThan(codes + map);
  }

  private static long most(MemoryReport r) {
    long most = 0;
    for (int i = 0; i < r.steps(); i++) {
      Map<Tag, Long> at = r.byTag(i);
      most = Math.max(most, at.get(Tag.RESIDUAL) + at.get(Tag.COTANGENT) + at.get(Tag.WORKSPACE));
    }
    return most;
  }

  // Budgets.

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("C18, R16: budgets are kept, fall without the peak rising, and name their least")
  void budgetsAreKept(boolean lossy) {
    Program p = SavingNets.revnet(4, 16, 0);
    Frontier f = new Frontier(p, lossy, SavingBytesTest::forecast);
    List<Frontier.Point> points = f.points();
    assertThat(points).hasSizeGreaterThan(2);
    for (int i = 1; i < points.size(); i++) {
      Forecast before = points.get(i - 1).forecast();
      Forecast now = points.get(i).forecast();
      assertThat(now.bytes()).isLessThan(before.bytes());
      assertThat(now.memory().peakBytes()).isLessThan(before.memory().peakBytes());
      assertThat(now.seconds()).isGreaterThanOrEqualTo(before.seconds());
    }
    for (Frontier.Point point : points) {
      Program saved = point.policy().save(p, SavingBytesTest::forecast).program();
      try (StateStore state = StateStore.of(3, saved);
          Executable e = ReferenceCompiler.wide().compile(saved, state, Target.Options.DEFAULT)) {
        assertThat(e.reserved().bytes()).isEqualTo(point.bytes());
        assertThat(e.memory()).isEqualTo(point.forecast().memory());
      }
    }
    long most = points.getFirst().bytes();
    long least = points.getLast().bytes();
    long peak = Long.MAX_VALUE;
    for (int i = 0; i <= 12; i++) {
      long budget = most - (most - least) * i / 12;
      Forecast found = forecast(f.within(budget).program());
      assertThat(found.bytes()).isLessThanOrEqualTo(budget);
      assertThat(found.memory().peakBytes()).isLessThanOrEqualTo(peak);
      peak = found.memory().peakBytes();
    }
    BudgetException refused =
        catchThrowableOfType(BudgetException.class, () -> f.within(least - 1));
    assertThat(refused.least()).isEqualTo(least);
    assertThat(refused.budget()).isEqualTo(least - 1);
    assertThat(refused).hasMessageContaining("cannot be met").hasMessageContaining("the least is");
  }

  /// A budget that is not told to round takes nothing that does.
  @Test
  void budgetsWithoutLossHaveTheBitsOfStoring() {
    Program p = SavingNets.revnet(3, 16, 0);
    Map<String, HostTensor> store = SavingNets.first(ReferenceCompiler.wide(), p);
    for (Frontier.Point point : new Frontier(p, false, SavingBytesTest::forecast).points()) {
      assertThat(point.policy().lossless()).isTrue();
      Program saved = point.policy().save(p, SavingBytesTest::forecast).program();
      Comparison.assertSameBits(
          point.label(), store, SavingNets.first(ReferenceCompiler.wide(), saved));
    }
  }
}
