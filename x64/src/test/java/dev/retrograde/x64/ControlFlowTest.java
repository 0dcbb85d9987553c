package dev.retrograde.x64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Verifier;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Callable;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Branches, loops and recursion as kernels with jumps between them.
class ControlFlowTest {
  private static final Type WHOLE = Type.of(DType.I32);

  @ParameterizedTest
  @ValueSource(longs = {0, 100, 200, 300, 400})
  void nestedAtRandomAllTargetsAgreeWithTheInterpreter(long first) {
    for (long seed = first; seed < first + 8; seed++) {
      Program p = Verifier.verify(ControlPrograms.random(seed));
      Map<String, HostTensor> meaning = Runs.run(new InterpTarget(), 1, p, 2);
      Map<String, HostTensor> bytecode = Runs.run(new JvmTarget(), 1, p, 2);
      Runs.assertClose(p.name() + " on jvm", meaning, bytecode, 1e-9);
      for (Target t : Runs.levels()) {
        Runs.assertClose(p.name() + " on " + t.name(), meaning, Runs.run(t, 1, p, 2), 1e-9);
      }
    }
  }

  /// f(n) = tanh(w f(n - 1) + n / 1000), f(0) = x.
  private static Program chain(int size) {
    return Trace.program(
        "chain",
        false,
        t -> {
          Control c = new Control(t);
          Tensor n = t.input("n", WHOLE);
          Tensor x = t.input("x", Type.of(DType.F32, size));
          Tensor w = t.input("w", Type.of(DType.F32, size, size));
          Callable f = c.function("f", false, List.of(WHOLE), List.of(x.type()));
          f.define(p ->
              c.cond(
                  t.less(p.get(0), t.constant(DType.I32, 1)),
                  () -> List.of(x),
                  () -> {
                    Tensor i = t.mul(t.cast(p.get(0), DType.F32), 1e-3);
                    Tensor below = f.call(t.sub(p.get(0), t.constant(DType.I32, 1))).get(0);
                    return List.of(t.apply(Functions.TANH, t.add(t.matmul(w, below), i)));
                  }));
          t.output("y", f.call(n).get(0));
        });
  }

  @Test
  @DisplayName("10: a recursion of 100,000 calls on the default stack, without heap memory")
  void deepRecursionTakesArenaAndNoStack() {
    for (Target t : List.of(new JvmTarget(), new X64Target())) {
      Program p = chain(3);
      try (StateStore s = StateStore.of(1, p);
          Executable e = t.compile(p, s, Target.Options.threads(1))) {
        Runs.fill(e, 5);
        e.input("n").set(ValueLayout.JAVA_INT, 0, 100_000);
        e.run();
        float[] loop = {e.input("x").getAtIndex(ValueLayout.JAVA_FLOAT, 0), 0, 0};
        for (int i = 1; i < 3; i++) {
          loop[i] = e.input("x").getAtIndex(ValueLayout.JAVA_FLOAT, i);
        }
        for (int k = 1; k <= 100_000; k++) {
          double[] next = new double[3];
          for (int i = 0; i < 3; i++) {
            double sum = k * 1e-3;
            for (int j = 0; j < 3; j++) {
              sum += e.input("w").getAtIndex(ValueLayout.JAVA_FLOAT, 3 * i + j) * loop[j];
            }
            next[i] = Math.tanh(sum);
          }
          for (int i = 0; i < 3; i++) {
            loop[i] = (float) next[i];
          }
        }
        for (int i = 0; i < 3; i++) {
          assertThat(e.output("y").getAtIndex(ValueLayout.JAVA_FLOAT, i))
              .isCloseTo(loop[i], org.assertj.core.data.Offset.offset(1e-4f));
        }
      }
    }
  }

  @Test
  @DisplayName("7: a warm run of a recursion allocates nothing on the heap")
  void recursionAllocatesNothing() {
    Program p = chain(40);
    try (StateStore s = StateStore.of(1, p);
        Executable e = new X64Target().compile(p, s, Target.Options.threads(1))) {
      Runs.fill(e, 5);
      e.input("n").set(ValueLayout.JAVA_INT, 0, 200);
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long id = Thread.currentThread().threadId();
      for (int i = 0; i < 500; i++) {
        e.run();
      }
      long before = threads.getThreadAllocatedBytes(id);
      long nothing = threads.getThreadAllocatedBytes(id) - before;
      before = threads.getThreadAllocatedBytes(id);
      for (int i = 0; i < 100; i++) {
        e.run();
      }
      assertThat(threads.getThreadAllocatedBytes(id) - before - nothing).isZero();
    }
  }

  @Test
  void endlessRecursionIsRefusedBeforeMemoryIs() {
    Program p =
        Trace.program(
            "endless",
            false,
            t -> {
              Control c = new Control(t);
              Tensor n = t.input("n", WHOLE);
              Callable f = c.function("f", false, List.of(WHOLE), List.of(WHOLE));
              f.define(q -> f.call(t.add(q.get(0), t.constant(DType.I32, 1))));
              t.output("y", f.call(n).get(0));
            });
    try (StateStore s = StateStore.of(1, p);
        Executable e = new X64Target().compile(p, s, Target.Options.threads(1))) {
      assertThatThrownBy(e::run)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("a case that does not call itself");
    }
  }

  @Test
  void aLoopBeyondItsBoundLeavesTheStateAsItWas() {
    Program p =
        Trace.program(
            "bounded",
            false,
            t -> {
              Control c = new Control(t);
              Tensor n = t.input("n", WHOLE);
              Tensor w = t.state("w", Role.PARAMETER, Type.of(DType.F32, 4), new Init.Fill(1));
              t.assign("w", t.mul(w, 2));
              t.output(
                  "y", c.forLoop(n, 10, List.of(w), (i, k) -> List.of(t.mul(k.get(0), 3))).get(0));
            });
    for (Target t : List.of(new JvmTarget(), new X64Target())) {
      try (StateStore s = StateStore.of(1, p);
          Executable e = t.compile(p, s, Target.Options.threads(1))) {
        e.input("n").set(ValueLayout.JAVA_INT, 0, 11);
        assertThatThrownBy(e::run)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("more often than its bound of 10");
        assertThat(s.get("w").toDoubles()).containsOnly(1);
        e.input("n").set(ValueLayout.JAVA_INT, 0, 2);
        e.run();
        assertThat(s.get("w").toDoubles()).containsOnly(2);
        assertThat(e.output("y").get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(9);
      }
    }
  }
}
