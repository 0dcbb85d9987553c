package dev.retrograde.train;

import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.block;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.dropout;
import static dev.retrograde.nn.Layers.flatten;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.sequential;
import static dev.retrograde.nn.update.Optimizers.adam;
import static dev.retrograde.nn.update.Optimizers.sgd;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.choice.Saving;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.NoGradientException;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.nn.Layer;
import dev.retrograde.runtime.Executable;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.target.Target;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a run promises, on the interpreter and on compiled kernels alike.
class RunContractTest {
  static List<Target> targets() {
    return List.of(new InterpTarget(), new JvmTarget());
  }

  /// Statistics, dropout, optimiser state.
  private static Layer net() {
    return sequential(
        block("block0", conv2d(3, 3).noBias(), batchNorm(), relu()),
        block("block1", conv2d(4, 3).stride(2), relu(), dropout(0.3)),
        flatten(),
        named("fc", dense(3)));
  }

  private static Setup setup(Target target) {
    return Training.of("net", net())
        .data(Shapes.of(24, 6))
        .batch(8)
        .seed(5)
        .epochs(2)
        .target(target)
        .update(adam(0.01));
  }

  private static Map<String, HostTensor> state(Training run) {
    Map<String, HostTensor> all = new LinkedHashMap<>();
    for (StateEntry e : run.state().entries()) {
      all.put(e.name(), run.state().get(e.name()));
    }
    return all;
  }

  private static void assertSameBits(Map<String, HostTensor> a, Map<String, HostTensor> b) {
    assertThat(a.keySet()).isEqualTo(b.keySet());
    a.forEach((name, v) -> assertThat(v.sameBits(b.get(name))).as(name).isTrue());
  }

  @Test
  void compiledRunsFollowTheInterpreter() {
    List<double[]> losses = new ArrayList<>();
    for (Target t : targets()) {
      try (Training run = setup(t).start()) {
        run.steps(4);
        losses.add(run.losses().toArray());
        assertThat(run.evaluate().count()).isEqualTo(6);
      }
    }
    for (int i = 0; i < 4; i++) {
      assertThat(losses.get(1)[i]).isCloseTo(losses.get(0)[i], within(1e-4));
    }
  }

  @ParameterizedTest
  @MethodSource("targets")
  void twoRunsAtTheSameTimeHaveTheBitsOfEachAlone(Target target) throws Exception {
    Map<Long, Map<String, HostTensor>> alone = new LinkedHashMap<>();
    for (long seed : new long[] {5, 9}) {
      alone.put(seed, trained(target, seed));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Callable<Map<String, HostTensor>>> both =
          List.of(() -> trained(target, 5), () -> trained(target, 9));
      List<Future<Map<String, HostTensor>>> done = threads.invokeAll(both);
      assertSameBits(alone.get(5L), done.get(0).get());
      assertSameBits(alone.get(9L), done.get(1).get());
    }
  }

  private static Map<String, HostTensor> trained(Target target, long seed) {
    try (Training run = setup(target).seed(seed).start()) {
      run.steps(5);
      return state(run);
    }
  }

  @ParameterizedTest
  @MethodSource("targets")
  void aLossThatIsNotFiniteLeavesWeightsOptimiserAndStatistics(Target target) {
    try (Training run = setup(target).start()) {
      run.steps(2);
      HostTensor w = run.state().get(filter(run));
      run.state().set(filter(run), HostTensor.fill(w.type(), i -> 3e38));
      Map<String, HostTensor> before = state(run);
      assertThat(before.keySet()).anyMatch(n -> n.startsWith("optimizer."));
      assertThat(run.state().entries()).anyMatch(e -> e.role() == StateEntry.Role.STATISTIC);
      assertThat(catchThrowable(run::step)).isInstanceOf(NonFiniteException.class);
      assertSameBits(before, state(run));
    }
  }

  private static String filter(Training run) {
    return run.state().entries().stream()
        .filter(e -> e.role() == StateEntry.Role.PARAMETER && e.type().rank() == 4)
        .findFirst()
        .orElseThrow()
        .name();
  }

  @ParameterizedTest
  @MethodSource("targets")
  void recomputationHasTheBitsOfStoring(Target target) {
    try (Training store = setup(target).start();
        Training recompute = setup(target).backward(new Saving.Recompute(1)).start()) {
      store.steps(4);
      recompute.steps(4);
      assertThat(recompute.losses().toArray()).containsExactly(store.losses().toArray());
      assertSameBits(state(store), state(recompute));
    }
  }

  /// The step's executable alone, run again with the key of an earlier step from the state before
  /// it, does the same again: what a resumed run relies on.
  @ParameterizedTest
  @MethodSource("targets")
  void theSameSeedAndStepDropTheSameUnits(Target target) {
    try (Training run = setup(target).start()) {
      run.steps(2);
      Executable e = run.stepExecutable();
      Map<String, HostTensor> before = state(run);
      e.run(); // the inputs of the last step are still there
      Map<String, HostTensor> after = state(run);
      before.forEach(run.state()::set);
      e.input("key").set(ValueLayout.JAVA_INT, 4, 77);
      e.run();
      Map<String, HostTensor> other = state(run);
      before.forEach(run.state()::set);
      e.input("key").set(ValueLayout.JAVA_INT, 4, 1);
      e.run();
      assertSameBits(after, state(run));
      assertThat(other.get("fc.weight").sameBits(after.get("fc.weight"))).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource("targets")
  void aRunThatIsClosedOrOnAnotherThreadIsAnException(Target target) throws Exception {
    Training run = setup(target).start();
    run.step();
    Throwable[] seen = new Throwable[1];
    Thread.ofPlatform().start(() -> seen[0] = catchThrowable(run::step)).join();
    assertThat(seen[0]).isInstanceOf(WrongThreadException.class);
    run.close();
    assertThatThrownBy(run::step).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> run.state().get("fc.weight"))
        .isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @MethodSource("targets")
  void aParameterWithoutAGradientIsNamedWithTheOpThatCutIt(Target target) {
    Layer floor = (t, x) -> t.apply(Primitive.FLOOR, x);
    Setup s =
        Training.of(
                sequential(
                    flatten(),
                    named("first", dense(4)),
                    named("steps", floor),
                    named("last", dense(3))))
            .data(Shapes.of(6, 3))
            .target(target)
            .update(sgd(0.1));
    assertThatThrownBy(s::start)
        .isInstanceOf(NoGradientException.class)
        .hasMessageContaining("'first.")
        .hasMessageContaining("steps");
  }
}
