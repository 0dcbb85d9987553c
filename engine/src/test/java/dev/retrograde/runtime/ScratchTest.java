package dev.retrograde.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// Executables over one store compute in the same memory.
class ScratchTest {
  private static final Target TARGET = new JvmTarget();

  /// Two products, so that something lies in scratch memory between them.
  private static Program program(String name, int batch) {
    return Trace.program(
        name,
        true,
        t -> {
          Tensor x = t.input("x", Type.of(DType.F32, batch, 64));
          Type type = Type.of(DType.F32, 64, 64);
          Tensor w = t.state("w", Role.PARAMETER, type, new Init.Uniform(-1, 1));
          t.output("y", t.matmul(t.matmul(x, w), w));
          t.assign("w", t.mul(w, 0.5));
        });
  }

  private static Executable compile(Program p, StateStore s) {
    return TARGET.compile(p, s, Target.Options.DEFAULT);
  }

  private static HostTensor run(Executable e) {
    for (long i = 0; i < e.input("x").byteSize() / 4; i++) {
      e.input("x").setAtIndex(ValueLayout.JAVA_FLOAT, i, (i % 13) - 6);
    }
    e.run();
    return Segments.read(e.output("y"), e.program().output("y").type());
  }

  @Test
  void theLargestServesAll() {
    Program large = program("large", 32);
    Program small = program("small", 8);
    try (StateStore state = StateStore.of(1, large)) {
      try (Executable a = compile(large, state);
          Executable b = compile(small, state);
          Executable c = compile(large, state)) {
        assertThat(state.scratchBytes()).isEqualTo(a.memory().arenaBytes());
        assertThat(b.memory().arenaBytes()).isLessThan(a.memory().arenaBytes());
        Reservation both = a.reserved().with(b.reserved()).with(c.reserved());
        assertThat(both.arena()).isEqualTo(state.scratchBytes());
        assertThat(both.state()).isEqualTo(state.reservedBytes());
        assertThat(both.own())
            .isEqualTo(a.reserved().own() + b.reserved().own() + c.reserved().own());
      }
      assertThat(state.scratchBytes()).isZero();
    }
  }

  @Test
  void runsInTurnGiveTheBitsOfRunsAlone() {
    Program large = program("large", 32);
    Program small = program("small", 8);
    try (StateStore shared = StateStore.of(1, large);
        StateStore alone = StateStore.of(1, large);
        Executable a = compile(large, shared);
        Executable b = compile(small, shared);
        Executable large2 = compile(large, alone)) {
      HostTensor first = run(a);
      assertThat(run(large2).sameBits(first)).isTrue();
      HostTensor second = run(b);
      try (Executable small2 = compile(small, alone)) {
        assertThat(run(small2).sameBits(second)).isTrue();
      }
      assertThat(run(large2).sameBits(run(a))).isTrue();
      assertThat(shared.get("w").sameBits(alone.get("w"))).isTrue();
    }
  }

  @Test
  void aLargerOneServesThoseThatFollow() {
    Program large = program("large", 32);
    Program small = program("small", 8);
    try (StateStore state = StateStore.of(1, large);
        Executable a = compile(small, state)) {
      long first = state.scratchBytes();
      try (Executable b = compile(large, state);
          Executable c = compile(small, state)) {
        assertThat(state.scratchBytes())
            .isEqualTo(a.memory().arenaBytes() + b.memory().arenaBytes());
        run(a);
        run(b);
        run(c);
      }
      assertThat(state.scratchBytes()).isEqualTo(first);
      run(a);
    }
  }

  @Test
  void scratchOutlivesAStoreThatIsClosedFirst() {
    Program p = program("p", 8);
    StateStore state = StateStore.of(1, p);
    Executable e = compile(p, state);
    state.close();
    assertThat(state.scratchBytes()).isPositive();
    assertThatThrownBy(e::run).hasMessageContaining("closed");
    e.close();
    e.close();
    assertThat(state.scratchBytes()).isZero();
  }

  /// A program whose callback runs this.
  private static Program calling(Runnable what) {
    return Trace.program(
        "outer",
        true,
        t -> {
          Tensor x = t.input("x", Type.of(DType.F32, 4));
          t.output(
              "y",
              new Control(t)
                  .foreign(
                      "what",
                      true,
                      List.of(x.type()),
                      in -> {
                        what.run();
                        return in;
                      },
                      x)
                  .get(0));
        });
  }

  @Test
  void aRunWithinARunIsRefused() {
    Program inner = program("inner", 8);
    AtomicReference<Runnable> job = new AtomicReference<>(() -> {});
    Program outer = calling(() -> job.get().run());
    try (StateStore state = StateStore.of(1, inner, outer);
        Executable in = compile(inner, state);
        Executable out = compile(outer, state)) {
      HostTensor before = state.get("w");
      job.set(in::run);
      assertThatThrownBy(out::run)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("program 'inner' cannot run now: program 'outer' runs")
          .hasMessageContaining("a StateStore of its own");
      assertThat(state.get("w").sameBits(before)).isTrue();
      // The run that failed has ended.
      job.set(() -> {});
      out.run();
      in.run();
    }
  }

  @Test
  void anotherThreadIsRefusedWhileARunLasts() {
    Program inner = program("inner", 8);
    Throwable[] seen = new Throwable[2];
    AtomicReference<StateStore> store = new AtomicReference<>();
    Runnable other =
        () -> {
          try (Executable own = compile(inner, store.get())) {
            seen[0] = catchThrowable(own::run);
            seen[1] = catchThrowable(own::profile);
          }
        };
    Program outer =
        calling(() -> {
          try {
            Thread.ofPlatform().start(other).join();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
    try (StateStore state = StateStore.of(1, inner, outer);
        Executable out = compile(outer, state)) {
      store.set(state);
      HostTensor before = state.get("w");
      out.run();
      assertThat(seen).allMatch(x -> x instanceof IllegalStateException);
      assertThat(state.get("w").sameBits(before)).isTrue();
      other.run();
      assertThat(seen).containsOnlyNulls();
    }
  }

  @Test
  void theLimitCountsSharedMemoryOnce() {
    Program large = program("large", 1 << 16);
    long heap = Runtime.getRuntime().maxMemory();
    try (StateStore state = StateStore.of(1, large)) {
      Reservation one = TARGET.forecast(large, Target.Options.DEFAULT).reserved();
      Target.Options enough = options(heap + one.bytes());
      Target.Options less = options(heap + one.bytes() - 1);
      try (Executable a = TARGET.compile(large, state, enough);
          Executable b = TARGET.compile(large, state, enough)) {
        assertThat(state.scratchBytes()).isEqualTo(one.arena());
        assertThatThrownBy(() -> TARGET.compile(large, state, less).close())
            .isInstanceOf(MemoryLimitException.class)
            .hasMessageContaining("program 'large' needs")
            .hasMessageContaining("scratch memory");
        assertThat(a.memory()).isEqualTo(b.memory());
      }
      assertThat(state.scratchBytes()).isZero();
    }
  }

  private static Target.Options options(long bytes) {
    return new Target.Options(1, Set.of(), new MemoryLimit(bytes, "test"));
  }
}
