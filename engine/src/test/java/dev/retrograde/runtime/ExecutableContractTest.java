package dev.retrograde.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.NoGradientException;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.pass.ReferenceCompiler;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What an executable promises, whatever compiled it.
class ExecutableContractTest {
  static List<Target> targets() {
    return Stream.concat(
            Stream.of(new InterpTarget(), new JvmTarget()), ReferenceCompiler.all().stream())
        .toList();
  }

  private static Program program() {
    return Trace.program(
        "step",
        true,
        t -> {
          Tensor x = t.input("x", Type.of(DType.F32, 5));
          Tensor w = t.state("w", Role.PARAMETER, Type.of(DType.F32, 5), new Init.Uniform(-1, 1));
          t.output("y", t.mul(x, w));
          t.assign("w", t.add(w, 1));
        });
  }

  @ParameterizedTest
  @MethodSource("targets")
  void useAfterCloseIsAnException(Target target) {
    Program p = program();
    try (StateStore state = StateStore.of(1, p)) {
      Executable e = target.compile(p, state, Target.Options.DEFAULT);
      MemorySegment in = e.input("x");
      MemorySegment out = e.output("y");
      e.run();
      e.close();
      e.close(); // closing twice does nothing
      assertThatThrownBy(e::run).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> in.set(ValueLayout.JAVA_FLOAT, 0, 1))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> out.get(ValueLayout.JAVA_FLOAT, 0))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("targets")
  void aClosedStoreStopsItsExecutables(Target target) {
    Program p = program();
    StateStore state = StateStore.of(1, p);
    MemorySegment w = state.segment("w");
    try (Executable e = target.compile(p, state, Target.Options.DEFAULT)) {
      e.run();
      state.close();
      state.close();
      assertThatThrownBy(e::run).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> state.get("w")).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> w.get(ValueLayout.JAVA_FLOAT, 0))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("targets")
  void anotherThreadIsRefused(Target target) throws InterruptedException {
    Program p = program();
    try (StateStore state = StateStore.of(1, p);
        Executable e = target.compile(p, state, Target.Options.DEFAULT)) {
      HostTensor before = state.get("w");
      Throwable[] seen = new Throwable[1];
      Thread other = Thread.ofPlatform().start(() -> seen[0] = catchThrowable(e::run));
      other.join();
      assertThat(seen[0]).isInstanceOf(WrongThreadException.class);
      assertThat(state.get("w").sameBits(before)).isTrue();
      e.run();
      assertThat(state.get("w").sameBits(before)).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource("targets")
  void namesAndSizesAreChecked(Target target) {
    Program p = program();
    try (StateStore state = StateStore.of(1, p);
        Executable e = target.compile(p, state, Target.Options.DEFAULT)) {
      assertThatThrownBy(() -> e.input("z"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'z'")
          .hasMessageContaining("[x]");
      assertThatThrownBy(() -> e.output("x"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("[y]");
      MemorySegment tooMuch = MemorySegment.ofArray(new float[40]);
      assertThatThrownBy(() -> e.input("x").copyFrom(tooMuch))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> state.set("w", HostTensor.zeros(Type.of(DType.F32, 4))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("f32[5]");
      assertThatThrownBy(() -> state.segment("v")).hasMessageContaining("no state 'v'");
    }
  }

  @Test
  void compilingForAStoreOfAnotherProgramNamesTheEntry() {
    Program other = Trace.program("other", false, t -> t.output("y", t.constant(DType.F32, 1)));
    try (StateStore state = StateStore.of(1, other)) {
      for (Target t : targets()) {
        assertThatThrownBy(
                () -> {
                  try (Executable e = t.compile(program(), state, Target.Options.DEFAULT)) {
                    e.run();
                  }
                })
            .as(t.name())
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("no state 'w'");
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

  @ParameterizedTest
  @MethodSource("targets")
  void aWrongDerivativeShows(Target target) {
    Program p =
        Trace.program(
            "wrong",
            true,
            t -> {
              Tensor x = t.input("x", Type.of(DType.F32, 5));
              Tensor y = t.sum(t.apply(WRONG, x));
              t.output("y", y);
              Map<String, dev.retrograde.ir.Value> wrt = new LinkedHashMap<>();
              wrt.put("x", x.value());
              Map<String, dev.retrograde.ir.Value> g =
                  Reverse.gradients(t.emit(), t.nodes(), y.value(), wrt);
              t.output("dx", new Tensor(g.get("x")));
            });
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

  @Test
  void aParameterWithoutAGradientIsAnErrorThatNamesTheOp() {
    for (String cut : List.of("StopGradient", "floor", "argmax")) {
      assertThatThrownBy(() ->
              Trace.program(
                  "cut",
                  true,
                  t -> {
                    Tensor w = t.parameter("weight", DType.F32, new Init.Uniform(-1, 1), 5);
                    Tensor h =
                        t.scope(
                            "gate",
                            () ->
                                switch (cut) {
                                  case "StopGradient" -> t.stopGradient(w);
                                  case "floor" -> t.apply(Primitive.FLOOR, w);
                                  default -> t.cast(t.argmax(w, 0), DType.F32);
                                });
                    Tensor loss = t.sum(h);
                    Reverse.gradients(
                        t.emit(),
                        t.nodes(),
                        loss.value(),
                        Map.of("weight", t.stateValue("weight").value()));
                  }))
          .as(cut)
          .isInstanceOf(NoGradientException.class)
          .hasMessageContaining("'weight' has no gradient")
          .hasMessageContaining("gate");
    }
  }

  @Test
  void aParameterThatTheLossDoesNotUseIsAnErrorToo() {
    assertThatThrownBy(() ->
            Trace.program(
                "unused",
                true,
                t -> {
                  t.parameter("weight", DType.F32, new Init.Fill(1), 5);
                  Tensor x = t.input("x", Type.of(DType.F32, 5));
                  Reverse.gradients(
                      t.emit(),
                      t.nodes(),
                      t.sum(x).value(),
                      Map.of("weight", t.stateValue("weight").value()));
                }))
        .isInstanceOf(NoGradientException.class)
        .hasMessageContaining("does not depend on it");
  }

  /// A run that goes on at step n draws what an uninterrupted run draws there.
  @ParameterizedTest
  @MethodSource("targets")
  void theSameSeedAndStepDrawTheSameMask(Target target) {
    Program p =
        Trace.program(
            "mask",
            true,
            t -> {
              t.output("u", t.uniform(Type.of(DType.F32, 101).extents()));
              t.output("v", t.uniform(Type.of(DType.F32, 101).extents()));
            });
    Map<String, float[]> drawn = new LinkedHashMap<>();
    for (int[] key : new int[][] {{7, 0}, {7, 1}, {8, 0}, {7, 0}, {7, 1}}) {
      try (StateStore state = StateStore.of(1, p);
          Executable e = target.compile(p, state, Target.Options.DEFAULT)) {
        e.input("key").setAtIndex(ValueLayout.JAVA_INT, 0, key[0]);
        e.input("key").setAtIndex(ValueLayout.JAVA_INT, 1, key[1]);
        e.run();
        for (String stream : List.of("u", "v")) {
          float[] now = e.output(stream).asSlice(0, 404).toArray(ValueLayout.JAVA_FLOAT);
          float[] before = drawn.put(stream + key[0] + key[1], now);
          assertThat(before == null || java.util.Arrays.equals(before, now)).isTrue();
        }
      }
    }
    assertThat(drawn.values().stream().map(java.util.Arrays::toString).distinct()).hasSize(6);
  }
}
