package dev.retrograde.x64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What an executable promises, with machine code and worker threads behind it.
class MachineCodeContractTest {
  @BeforeEach
  void onlyWhereMachineCodeRuns() {
    Runs.levels();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void useAfterCloseIsAnExceptionNeverACrash(int threads) {
    Program p = Nets.mlp(64, 100, 200);
    StateStore state = StateStore.of(1, p);
    Executable e = new X64Target().compile(p, state, Target.Options.threads(threads));
    Executable other = new X64Target().compile(p, state, Target.Options.threads(threads));
    MemorySegment in = e.input("x");
    e.run();
    other.run();
    e.close();
    e.close();
    assertThatThrownBy(e::run).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> e.input("x")).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> in.set(ValueLayout.JAVA_FLOAT, 0, 1))
        .isInstanceOf(IllegalStateException.class);
    other.run();
    state.close();
    assertThatThrownBy(other::run)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("store is closed");
    other.close();
  }

  @Test
  void anotherThreadIsRefused() throws InterruptedException {
    Program p = Nets.mlp(4, 10, 20);
    try (StateStore state = StateStore.of(1, p);
        Executable e = new X64Target().compile(p, state, Target.Options.threads(2))) {
      Throwable[] seen = new Throwable[2];
      Thread other =
          Thread.ofPlatform()
              .start(() -> {
                seen[0] = catchThrowable(e::run);
                seen[1] = catchThrowable(e::close);
              });
      other.join();
      assertThat(seen).allSatisfy(x -> assertThat(x).isInstanceOf(WrongThreadException.class));
      e.run();
    }
  }

  /// The box fails after new weights, momentum and statistics were computed.
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aStepThatFailsLeavesEveryBit(int threads) {
    boolean[] fail = {false};
    Program p =
        Nets.step(
            "failing",
            (t, x) -> {
              Tensor h = t.relu(Nets.dense(t, "a", x, 200));
              Tensor out = Nets.dense(t, "b", h, 3);
              Tensor s = t.state("count", Role.STATISTIC, Type.of(DType.F32), new Init.Fill(0));
              t.assign("count", t.add(s, 1));
              List<Tensor> checked =
                  new Control(t)
                      .foreign(
                          "guard",
                          true,
                          List.of(out.type()),
                          v -> {
                            if (fail[0]) {
                              throw new IllegalStateException("the box failed");
                            }
                            return new HostTensor[] {v[0]};
                          },
                          t.stopGradient(out));
              t.output("checked", checked.get(0));
              return out;
            },
            64,
            100);
    try (StateStore state = StateStore.of(1, p);
        StateStore untroubled = StateStore.of(1, p);
        Executable e = new X64Target().compile(p, state, Target.Options.threads(threads));
        Executable calm = new X64Target().compile(p, untroubled, Target.Options.threads(threads))) {
      Runs.fill(e, 5);
      Runs.fill(calm, 5);
      e.run();
      calm.run();
      fail[0] = true;
      for (int i = 0; i < 3; i++) {
        Map<String, HostTensor> before = Runs.seen(calm, untroubled);
        assertThatThrownBy(e::run).hasMessageContaining("the box failed");
        state
            .entries()
            .forEach(s ->
                assertThat(state.get(s.name()).sameBits(before.get("state " + s.name())))
                    .as(s.name())
                    .isTrue());
      }
      fail[0] = false;
      e.run();
      calm.run();
      Runs.assertSameBits("after", Runs.seen(calm, untroubled), Runs.seen(e, state));
    }
  }

  /// Each on a thread of its own, with workers of its own.
  @Test
  void twoTrainingsAtTheSameTimeHaveTheBitsOfEachAlone() throws Exception {
    List<Program> nets = List.of(Nets.mlp(64, 100, 200), Nets.lenet(16, 28));
    List<Map<String, HostTensor>> alone =
        nets.stream().map(p -> Runs.run(new X64Target(), 2, p, 40)).toList();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int round = 0; round < 3; round++) {
        List<Callable<Map<String, HostTensor>>> jobs =
            List.of(
                () -> Runs.run(new X64Target(), 2, nets.get(0), 40),
                () -> Runs.run(new X64Target(), 2, nets.get(1), 40),
                () -> Runs.run(new X64Target(), 1, nets.get(0), 40));
        List<Future<Map<String, HostTensor>>> done = threads.invokeAll(jobs);
        Runs.assertSameBits("mlp", alone.get(0), done.get(0).get());
        Runs.assertSameBits("lenet", alone.get(1), done.get(1).get());
        Runs.assertSameBits("mlp on one thread", alone.get(0), done.get(2).get());
      }
    }
  }

  /// Twice its operand, with a partial of 3.
  private static final ScalarFn WRONG =
      new ScalarFn.Defined(
          "wrong",
          1,
          (b, a) -> b.apply(Primitive.ADD, List.of(a.get(0), a.get(0))),
          (b, a, y) -> List.of(b.constant(b.dtype(a.get(0)), 3)),
          0,
          0,
          false);

  @Test
  void aWrongDerivativeShowsOnEveryLevel() {
    Program p =
        Trace.program(
            "wrong",
            true,
            t -> {
              Tensor x = t.input("x", Type.of(DType.F32, 5));
              Tensor y = t.sum(t.apply(WRONG, x));
              t.output("y", y);
              t.output(
                  "dx",
                  new Tensor(
                      Reverse.gradients(t.emit(), t.nodes(), y.value(), Map.of("x", x.value()))
                          .get("x")));
            });
    for (Target target : Runs.levels()) {
      try (StateStore state = StateStore.of(1, p);
          Executable e = target.compile(p, state, Target.Options.DEFAULT)) {
        float[] y = new float[2];
        for (int i = 0; i < 2; i++) {
          e.input("x").set(ValueLayout.JAVA_FLOAT, 0, i);
          e.run();
          y[i] = e.output("y").get(ValueLayout.JAVA_FLOAT, 0);
        }
        assertThat(y[1] - y[0]).isEqualTo(2f);
        assertThat(e.output("dx").get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(3f);
      }
    }
  }
}
