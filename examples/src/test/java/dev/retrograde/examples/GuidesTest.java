package dev.retrograde.examples;

import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.flatten;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.sequential;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.choice.Residual;
import dev.retrograde.choice.Saving;
import dev.retrograde.data.DataSet;
import dev.retrograde.data.generate.GeneratedDigits;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.Glob;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.nn.Layer;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarFn.Defined;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import dev.retrograde.train.Training;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The code of `docs/guides` works, and is code that a compiler has read.
class GuidesTest {

  /// `x / (1 + |x|)`. Its derivative `(1 - |y|)^2` reads the result.
  static final Defined SOFTSIGN =
      new Defined(
          "softsign",
          1,
          (b, a) -> {
            int one = b.constant(b.dtype(a.get(0)), 1);
            return b.div(a.get(0), b.add(one, b.apply(Primitive.ABS, a.get(0))));
          },
          (b, a, y) -> {
            int rest = b.sub(b.constant(b.dtype(y), 1), b.apply(Primitive.ABS, y));
            return List.of(b.mul(rest, rest));
          },
          1.5,
          1.5,
          false);

  /// `x + scale branch(x)`, with one trained `scale` that starts at 0.
  record Gated(Layer branch) implements Layer {
    @Override
    public String kind() {
      return "gated";
    }

    @Override
    public Tensor apply(Trace t, Tensor x) {
      Tensor scale = t.parameter("scale", x.dtype(), new Init.Fill(0));
      Tensor y = t.scope("branch", () -> branch.apply(t, x));
      return t.add(x, t.mul(y, scale));
    }
  }

  /// Divides by the largest size that training has seen.
  static Tensor bySize(Trace t, Tensor x) {
    String name = t.dotted("largest");
    Tensor seen = t.state(name, Role.STATISTIC, Type.of(x.dtype()), new Init.Fill(1e-3));
    if (!t.training()) {
      return t.div(x, seen);
    }
    Tensor now = t.stopGradient(t.max(t.abs(x)));
    Tensor largest = t.apply(Functions.MAXIMUM, seen, now);
    t.assign(name, largest);
    return t.div(x, largest);
  }

  @Test
  void aScalarFunctionOfOnesOwnHasTheDerivativeThatItStates() {
    Program p =
        Trace.program(
            "softsign",
            false,
            t -> {
              Tensor x = t.input("x", Type.of(DType.F64));
              Tensor y = t.apply(SOFTSIGN, x);
              t.output("y", y);
              Reverse.gradients(t.emit(), t.nodes(), y.value(), Map.of("x", x.value()))
                  .forEach((name, g) -> t.output("dy", new Tensor(g)));
            });
    try (StateStore state = StateStore.of(1, p);
        Executable run = new InterpTarget().compile(p, state, Target.Options.DEFAULT)) {
      for (double x : new double[] {-3, -0.25, 0.5, 7}) {
        run.input("x").set(ValueLayout.JAVA_DOUBLE, 0, x);
        run.run();
        assertThat(run.output("y").get(ValueLayout.JAVA_DOUBLE, 0))
            .isEqualTo(x / (1 + Math.abs(x)));
        assertThat(run.output("dy").get(ValueLayout.JAVA_DOUBLE, 0))
            .isCloseTo(Math.pow(1 + Math.abs(x), -2), within(1e-12));
      }
    }
  }

  @Test
  void layersOfOnesOwnTrainAndKeepTheirStatistic() {
    Layer net =
        sequential(
            flatten(),
            named("size", GuidesTest::bySize),
            named("gated", new Gated(dense(784))),
            dense(10));
    try (Training run =
        Training.of(net)
            .data(GeneratedDigits.of(20, 10, 1))
            .batch(10)
            .validate(false)
            .target(new InterpTarget())
            .start()) {
      run.epochs(1);
      assertThat(run.state().get("gated.scale").get(0)).isNotZero();
      assertThat(run.state().has("gated.branch.weight")).isTrue();
      assertThat(run.state().get("size.largest").get(0)).isGreaterThan(1e-3);
    }
  }

  @Test
  void policiesByLayerSaveMemoryAndGiveAnAccount() {
    DataSet digits = GeneratedDigits.of(16, 8, 1);
    Target target = new JvmTarget();
    Map<String, Long> kept = new HashMap<>();
    long peak;
    Saving saving =
        new Saving.ByLayer(
            new Saving.Exact(),
            List.of(new Saving.Selection(Glob.of("stage1.**"), new Saving.Quantized(8))));
    try (Training run =
        Training.of("resnet:8").data(digits).batch(8).backward(saving).target(target).start()) {
      run.steps(2);
      for (Residual r : run.saved().residuals()) {
        kept.merge(r.policy(), r.kept(), Long::sum);
      }
      peak = run.stepExecutable().memory().peakBytes();
    }
    assertThat(kept).containsKeys("store", "remade", "quantized:8");
    assertThat(kept.get("remade")).isZero();
    try (Training run = Training.of("resnet:8").data(digits).batch(8).target(target).start()) {
      assertThat(peak).isLessThan(run.stepExecutable().memory().peakBytes());
    }
  }

  @Test
  void everySnippetOfTheGuidesStandsInTheSources() throws IOException {
    Path root = Path.of("..");
    String sources =
        Stream.of("examples/src", "engine/src", "nn/src")
            .flatMap(folder -> files(root.resolve(folder), ".java"))
            .map(GuidesTest::text)
            .map(GuidesTest::withoutIndentation)
            .collect(Collectors.joining("\n"));
    int found = 0;
    for (Path guide : files(root.resolve("docs/guides"), ".md").toList()) {
      Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(text(guide));
      while (block.find()) {
        assertThat(sources).as(guide.toString()).contains(withoutIndentation(block.group(1)));
        found++;
      }
    }
    assertThat(found).isPositive();
  }

  private static Stream<Path> files(Path folder, String ending) {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(f -> f.toString().endsWith(ending)).sorted().toList().stream();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String withoutIndentation(String text) {
    return text.lines().map(String::strip).collect(Collectors.joining("\n"));
  }
}
