package dev.retrograde.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.examples.FitOrbit.Fit;
import dev.retrograde.examples.ParseSums.Texts;
import dev.retrograde.interp.CallbackLowering;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Program.StateParam;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.lab.task.Targets.Candidate;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The examples of programs whose course depends on numbers: they do what the guide says, on every
/// target, and their gradients are those of literal callbacks.
class ControlFlowExamplesTest {
  private static final String GUIDE = "docs/guides/control-flow.md";

  static Stream<Target> targets() {
    return Targets.find().all().stream()
        .filter(Candidate::usable)
        .map(c -> c.target().orElseThrow());
  }

  static Stream<Target> compiled() {
    return targets().filter(t -> !(t instanceof InterpTarget));
  }

  // Newton's method to a tolerance.

  @ParameterizedTest
  @MethodSource("targets")
  void theGradientThroughNewtonsTripsIsThatOfTheRoot(Target target) {
    List<Fit> fits = FitOrbit.fit(target, 41);

    for (Fit f : fits) {
      assertThat(f.byTrips()).isCloseTo(f.byTheorem(), within(1e-9));
    }
    assertThat(fits.getFirst().trips()).isLessThan(fits.getLast().trips());
    assertThat(fits.getLast().e()).isCloseTo(0.7, within(1e-6));
  }

  @ParameterizedTest
  @MethodSource("targets")
  void theGradientOfAnOrbitIsThatOfCallbacks(Target target) {
    compare(target, FitOrbit::loss, FitOrbit::fill, 1e-9);
  }

  // A learned stopping time.

  @ParameterizedTest
  @MethodSource("compiled")
  void readingStopsEarlierWhereTheSignStandsOut(Target target) {
    List<StopReading.Figures> figures = StopReading.learn(target, 600);

    StopReading.Figures before = figures.get(0);
    StopReading.Figures after = figures.get(1);
    assertThat(after.total()).isLessThan(0.7 * before.total());
    assertThat(after.cost()).isLessThan(before.cost());
    assertThat(after.right()).isGreaterThan(0.9).isGreaterThan(before.right());
    assertThat(before.clear()).isEqualTo(before.noisy());
    assertThat(after.clear()).isLessThan(before.clear()).isLessThan(0.6 * after.noisy());
  }

  @ParameterizedTest
  @MethodSource("targets")
  void theGradientOfAStoppingTimeIsThatOfCallbacks(Target target) {
    compare(target, StopReading::total, run -> StopReading.draw(new Random(3), run), 1e-4);
  }

  // A recursive parser.

  @ParameterizedTest
  @MethodSource("targets")
  void namesAreFoundThroughTheParse(Target target) {
    Texts texts = Texts.random(1, 40);
    Program p = ParseSums.step(1_000, 40);
    try (StateStore state = StateStore.of(1, p);
        Executable run = target.compile(p, state, Target.Options.DEFAULT)) {
      texts.fill(run);
      for (int i = 0; i < 400; i++) {
        run.run();
      }
      double[] names = state.get("names").toDoubles();
      for (int i = 0; i < names.length; i++) {
        assertThat(names[i]).isCloseTo(ParseSums.HIDDEN.get(i), within(1e-2));
      }
      Texts unseen = Texts.of(List.of("((((a))))*(b+c*(d+e))+a*b*c"));
      unseen.fill(run);
      run.run();
      assertThat(run.output("last value").get(ValueLayout.JAVA_DOUBLE, 0))
          .isCloseTo(unseen.values()[0], within(5e-2));
    }
  }

  @ParameterizedTest
  @MethodSource("targets")
  void theGradientOfAParserIsThatOfCallbacks(Target target) {
    compare(target, t -> ParseSums.loss(t, 400, 10), Texts.random(7, 10)::fill, 1e-9);
  }

  @ParameterizedTest
  @MethodSource("compiled")
  void bracketsMayNestDeeperThanAnyThreadsStack(Target target) {
    int deep = 20_000;
    Program p = Runs.gradients(t -> ParseSums.loss(t, 2 * deep + 10, 1));
    try (StateStore state = StateStore.of(1, p);
        Executable run = target.compile(p, state, Target.Options.DEFAULT)) {
      new Texts(List.of("(".repeat(deep) + "a*b" + ")".repeat(deep)), new double[] {4}).fill(run);
      run.run();
      // (a b - 4)^2 at a = b = 1: -6 for each.
      assertThat(output(run, p, "d names").toDoubles()).containsExactly(-6, -6, 0, 0, 0);
    }
  }

  // What the guide shows.

  @Test
  void examplesPrintWhatTheGuideSays() throws IOException {
    Shown guide = Shown.in(GUIDE);
    guide.hasShape("[FitOrbit.java]", Shown.printed(FitOrbit::main));
    guide.hasShape("[StopReading.java]", Shown.printed(StopReading::main));
    guide.hasShape("[ParseSums.java]", Shown.printed(ParseSums::main));
  }

  // Comparing gradients.

  private static HostTensor output(Executable run, Program p, String name) {
    return Segments.read(run.output(name), p.output(name).type());
  }

  /// Compares the gradients that a target computes with those of callbacks.
  private static void compare(
      Target target, Function<Trace, Tensor> loss, Consumer<Executable> fill, double tolerance) {
    Program joint = Runs.gradients(loss);
    try (StateStore state = StateStore.of(5, joint);
        Executable run = target.compile(joint, state, Target.Options.DEFAULT)) {
      fill.accept(run);
      run.run();
      Map<String, HostTensor> inputs = new HashMap<>();
      joint
          .inputs()
          .forEach(i -> inputs.put(i.name(), Segments.read(run.input(i.name()), i.value().type())));
      Map<String, HostTensor> values =
          joint.state().stream()
              .map(StateParam::entry)
              .collect(Collectors.toMap(e -> e.name(), e -> state.get(e.name())));
      CallbackLowering.Result meaning = Runs.byCallbacks(loss, inputs, values);

      near(output(run, joint, "loss"), meaning.outputs().get("loss"), tolerance);
      meaning
          .gradients()
          .forEach((name, g) -> {
            assertThat(Arrays.stream(g.toDoubles()).anyMatch(x -> x != 0)).as(name).isTrue();
            near(output(run, joint, "d " + name), g, tolerance);
          });
    }
  }

  private static void near(HostTensor found, HostTensor expected, double tolerance) {
    for (int i = 0; i < expected.size(); i++) {
      double e = expected.get(i);
      assertThat(found.get(i)).isCloseTo(e, within(tolerance * Math.max(1, Math.abs(e))));
    }
  }
}
