package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.choice.Saving;
import dev.retrograde.choice.SavingException;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.MemoryLimit;
import dev.retrograde.runtime.MemoryLimitException;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Growth;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Callable;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/// Frames in forecasts: what is counted, what is stated, and what a run takes.
class FrameForecastTest {
  private static final DType F = DType.F32;
  private static final int WIDE = 16;
  private static final Target TARGET = new JvmTarget();

  /// A step that moves `w` along its gradient through control flow on `trips`.
  private static Program step(BiFunction<Trace, Tensor, Tensor> loss) {
    return Trace.program(
        "step",
        true,
        t -> {
          Tensor w = t.state("w", Role.PARAMETER, Type.of(F, WIDE), new Init.Fill(0.5));
          Tensor trips = t.input("trips", Type.of(DType.I32));
          Tensor l = t.scope("deep", () -> loss.apply(t, trips));
          t.output("loss", l);
          t.phase(Phase.BACKWARD);
          Map<String, Value> wrt = Map.of("w", w.value());
          Tensor d = new Tensor(Reverse.gradients(t.emit(), t.nodes(), l.value(), wrt).get("w"));
          t.phase(Phase.UPDATE);
          t.assign("w", t.sub(w, d));
        });
  }

  private static Tensor weights(Trace t) {
    return t.stateValue("w");
  }

  private static Program counted(int bound) {
    return step((t, trips) -> {
      Tensor w = weights(t);
      Tensor zero = t.zeros(Type.of(F, WIDE));
      return t.sum(
          new Control(t)
              .forLoop(
                  trips,
                  bound,
                  List.of(zero),
                  (i, v) -> List.of(t.apply(Functions.TANH, t.add(v.get(0), w))))
              .get(0));
    });
  }

  private static Program recursive() {
    return step((t, trips) -> {
      Control c = new Control(t);
      Type part = Type.of(F, WIDE);
      Tensor w = weights(t);
      Callable f = c.function("down", false, List.of(Type.of(DType.I32)), List.of(part));
      f.define(p ->
          c.cond(
              t.less(p.get(0), t.constant(DType.I32, 1)),
              () -> List.of(t.zeros(part)),
              () -> {
                Tensor below = f.call(t.sub(p.get(0), t.constant(DType.I32, 1))).get(0);
                return List.of(t.apply(Functions.TANH, t.add(below, w)));
              }));
      return t.sum(f.call(trips).get(0));
    });
  }

  private static void run(Executable e, int trips) {
    Segments.write(e.input("trips"), HostTensor.scalar(DType.I32, trips));
    e.run();
  }

  @Test
  void framesOfABoundedLoopAreReservedAsForecast() {
    Program p = counted(50);
    Forecast f = TARGET.forecast(p, Target.Options.DEFAULT);
    // A handle and the result of tanh a trip.
    assertThat(f.reserved().frames()).isEqualTo(50 * (8 + 4 * WIDE));
    assertThat(f.memory().growths()).isEmpty();
    MemoryReport.Entry frames =
        f.memory().tensors().stream()
            .filter(e -> e.name().equals("frames"))
            .findFirst()
            .orElseThrow();
    assertThat(frames.bytes()).isEqualTo(f.reserved().frames());
    assertThat(f.memory().peakBytes())
        .isEqualTo(
            TARGET.forecast(counted(1), Target.Options.DEFAULT).memory().peakBytes()
                + 49 * (8 + 4 * WIDE));
    try (StateStore state = StateStore.of(1, p);
        Executable e = TARGET.compile(p, state, Target.Options.DEFAULT)) {
      for (int trips : new int[] {50, 7, 0}) {
        assertThat(e.reserved().frames()).isEqualTo(f.reserved().frames());
        run(e, trips);
        assertThat(e.frameBytes()).isEqualTo(trips * (8L + 4 * WIDE));
      }
      assertThat(e.reserved()).isEqualTo(f.reserved());
      assertThat(e.memory()).isEqualTo(f.memory());
    }
  }

  @Test
  void anUnboundedLoopStatesWhatATripLeaves() {
    Program p = counted(ControlOp.UNBOUNDED);
    Forecast f = TARGET.forecast(p, Target.Options.DEFAULT);
    assertThat(f.reserved().frames()).isZero();
    assertThat(f.memory().growths()).hasSize(1);
    Growth g = f.memory().growths().getFirst();
    assertThat(g.text()).isEqualTo("'deep/For' leaves 72 bytes a trip, trips unknown");
    try (StateStore state = StateStore.of(1, p);
        Executable e = TARGET.compile(p, state, Target.Options.DEFAULT)) {
      run(e, 3_000);
      assertThat(e.frameBytes()).isEqualTo(3_000 * g.frame());
      assertThat(e.reserved().frames()).isGreaterThanOrEqualTo(e.frameBytes());
    }
  }

  @Test
  void recursionStatesWhatACallLeaves() {
    Program p = recursive();
    List<Growth> growths =
        TARGET.forecast(p, Target.Options.DEFAULT).memory().growths().stream()
            .filter(g -> g.frame() > 0)
            .toList();
    assertThat(growths).hasSize(1);
    Growth g = growths.getFirst();
    assertThat(g.per()).isEqualTo(Growth.Per.CALL);
    assertThat(g.text()).contains("bytes a call and puts at most", "calls unknown");
    try (StateStore state = StateStore.of(1, p);
        Executable e = TARGET.compile(p, state, Target.Options.DEFAULT)) {
      run(e, 500);
      long used = e.frameBytes();
      assertThat(used)
          .isGreaterThan(500 * 4 * WIDE)
          .isLessThanOrEqualTo(501 * (g.frame() + g.aside()));
      run(e, 1_000);
      assertThat(e.frameBytes()).isBetween(2 * used - 1_000, 2 * used + 1_000);
    }
  }

  @Test
  void growthThatFailsChangesNothing() {
    long heap = Runtime.getRuntime().maxMemory();
    Target.Options small =
        new Target.Options(1, Set.of(), new MemoryLimit(heap + (1 << 18), "test"));
    for (Program p : List.of(counted(ControlOp.UNBOUNDED), recursive())) {
      try (StateStore state = StateStore.of(1, p);
          Executable e = TARGET.compile(p, state, small)) {
        run(e, 10);
        HostTensor before = state.get("w");
        assertThatThrownBy(() -> run(e, 100_000))
            .isInstanceOf(MemoryLimitException.class)
            .hasMessageContaining("program 'step: ");
        assertThat(state.get("w").sameBits(before)).isTrue();
        run(e, 10);
        assertThat(state.get("w").sameBits(before)).isFalse();
      }
    }
  }

  @Test
  void aBoundThatDoesNotFitIsRefusedBeforeTheFirstRun() {
    Program p = counted(1 << 24);
    long heap = Runtime.getRuntime().maxMemory();
    Target.Options small =
        new Target.Options(1, Set.of(), new MemoryLimit(heap + (1 << 20), "test"));
    try (StateStore state = StateStore.of(1, p)) {
      assertThatThrownBy(() -> TARGET.compile(p, state, small))
          .isInstanceOf(MemoryLimitException.class)
          .hasMessageContaining("1,207,959,552 bytes of frames for all trips of its bounded loops");
    }
  }

  @Test
  void aBudgetCountsFramesAndWantsBounds() {
    Saving budget = new Saving.Budget(1 << 20, false);
    assertThat(budget.save(counted(50), p -> TARGET.forecast(p, Target.Options.DEFAULT)).policy())
        .isNotNull();
    Program large = counted(100_000);
    assertThatThrownBy(() -> budget.save(large, p -> TARGET.forecast(p, Target.Options.DEFAULT)))
        .hasMessageContaining("cannot be met");
    Program open = counted(ControlOp.UNBOUNDED);
    assertThatThrownBy(() -> budget.save(open, p -> TARGET.forecast(p, Target.Options.DEFAULT)))
        .isInstanceOf(SavingException.class)
        .hasMessageContaining("'deep/For' leaves 72 bytes a trip, trips unknown")
        .hasMessageContaining("Give loops a bound");
  }

  @Test
  void aBoundExceededNamesTheUsersLine() {
    Program p = counted(5);
    try (StateStore state = StateStore.of(1, p);
        Executable e = TARGET.compile(p, state, Target.Options.DEFAULT)) {
      HostTensor before = state.get("w");
      assertThatThrownBy(() -> run(e, 6))
          .hasMessageContaining("'deep/For' (FrameForecastTest.java:")
          .hasMessageContaining("runs more often than its bound of 5");
      assertThat(state.get("w").sameBits(before)).isTrue();
    }
  }
}
