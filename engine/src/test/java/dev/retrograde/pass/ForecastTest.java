package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.choice.Saving;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Selection;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A forecast is what compiling gives.
class ForecastTest {
  private static final Map<String, Program> PROGRAMS =
      Map.of(
          "mlp", Nets.mlp(64, 784, 500, 500),
          "lenet", Nets.lenet(32, 28),
          "resnet20", Nets.resnet(4, 32, 3, 16, 32, 64));

  private static Program program(String name) {
    return java.util.Objects.requireNonNull(PROGRAMS.get(name));
  }

  private static void assertExact(Target t, Program p, Target.Options o) {
    Forecast f = t.forecast(p, o);
    try (StateStore state = StateStore.of(3, p);
        Executable e = t.compile(p, state, o)) {
      assertThat(f.memory()).isEqualTo(e.memory());
      assertThat(f.reserved()).isEqualTo(e.reserved());
      assertThat(f.bytes()).isEqualTo(e.reserved().bytes());
      assertThat(f.reserved().state()).isEqualTo(state.reservedBytes());
      assertThat(f.reserved().arena()).isEqualTo(e.memory().arenaBytes());
      assertThat(f.launches()).isEqualTo(e.compiled().kernels());
      assertThat(new long[] {f.forwardMacs(), f.backwardMacs(), f.updateMacs()})
          .isEqualTo(e.compiled().macs());
      // Every tensor of the caller has its bytes in it.
      long seen =
          p.inputs().stream().mapToLong(i -> e.input(i.name()).byteSize()).sum()
              + p.outputs().stream().mapToLong(i -> e.output(i.name()).byteSize()).sum();
      assertThat(f.reserved().own()).isGreaterThanOrEqualTo(seen);
    }
    assertThat(f.seconds()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp", "lenet", "resnet20"})
  void equalsWhatCompilingGives(String name) {
    for (Saving s : List.of(new Saving.Store(), new Saving.Recompute(2))) {
      Program p = s.apply(program(name));
      for (Target.Options o : List.of(Target.Options.DEFAULT, Comparison.PLAIN)) {
        assertExact(ReferenceCompiler.wide(), p, o);
      }
      assertExact(new JvmTarget(), p, Target.Options.DEFAULT);
      assertExact(new InterpTarget(), p, Target.Options.DEFAULT);
    }
  }

  @Test
  void equalsWhatCompilingRandomProgramsGives() {
    for (int seed = 0; seed < 60; seed++) {
      assertExact(ReferenceCompiler.narrow(), RandomPrograms.make(seed), Target.Options.DEFAULT);
    }
  }

  @Test
  void computingAgainIsForecastToTakeLessMemoryAndMoreTime() {
    Target t = ReferenceCompiler.wide();
    Program p = program("resnet20");
    Forecast stored = t.forecast(p, Target.Options.DEFAULT);
    Forecast again = t.forecast(new Saving.Recompute(2).apply(p), Target.Options.DEFAULT);
    assertThat(again.bytes()).isLessThan(stored.bytes());
    assertThat(again.seconds()).isGreaterThan(stored.seconds()).isLessThan(2 * stored.seconds());
    assertThat(again.backwardMacs()).isGreaterThan(stored.backwardMacs());
    assertThat(again.forwardMacs()).isEqualTo(stored.forwardMacs());
  }

  @Test
  void moreThanTheMachineHasCanBeForecast() {
    Program p = Nets.mlp(1 << 20, 4096, 4096, 4096);
    Forecast f = ReferenceCompiler.wide().forecast(p, Target.Options.DEFAULT);
    assertThat(f.bytes()).isGreaterThan(1L << 35);
  }

  @Test
  void aTargetThatDoesNotPlanAheadSaysSo() {
    Target own =
        new Target() {
          @Override
          public String name() {
            return "own";
          }

          @Override
          public Executable compile(Program program, StateStore state, Options options) {
            throw new AssertionError("a forecast compiles nothing");
          }
        };
    assertThatThrownBy(() -> own.forecast(program("mlp"), Target.Options.DEFAULT))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("'own' cannot forecast program 'mlp'")
        .hasMessageContaining("x64, jvm or interp");
  }

  @Test
  void sizesOfARunAreForecastAtTheirCapacity() {
    Program p =
        Trace.program(
            "sized",
            false,
            t -> {
              Tensor x = t.input("x", Type.of(DType.F32, 3));
              Selection s = Selection.compact(t, t.input("mask", Type.of(DType.BOOL, 3)));
              t.output("y", s.scatter(t, s.gather(t, x), 3));
            });
    assertExact(ReferenceCompiler.wide(), p, Target.Options.DEFAULT);
    assertExact(new JvmTarget(), p, Target.Options.DEFAULT);
  }
}
