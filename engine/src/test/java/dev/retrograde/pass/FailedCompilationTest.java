package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.ir.Program;
import dev.retrograde.loop.Kernel;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.KernelCompiler;
import dev.retrograde.target.Target;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailedCompilationTest {
  /// Refuses every kernel; remembers what it was given.
  private static final class Refusing implements KernelCompiler {
    private final List<MemorySegment> reserved = new ArrayList<>();
    private boolean closed;

    @Override
    public Machine machine() {
      return new Machine(32, 16, false);
    }

    @Override
    public MemorySegment reserve(Arena owner, long bytes) {
      reserved.add(owner.allocate(bytes, 64));
      return reserved.getLast();
    }

    @Override
    public CompiledKernel compile(Kernel kernel) {
      throw new IllegalStateException("no kernel today");
    }

    @Override
    public long codeBytes() {
      return 0;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @Test
  void whatCompilingTookIsGivenBackWhenItFails() {
    Refusing refusing = new Refusing();
    Program p = Nets.mlp(2, 5, 7);
    try (StateStore state = StateStore.of(1, p)) {
      Target t = new KernelTarget("refusing", () -> refusing);
      assertThatThrownBy(() -> t.compile(p, state, Target.Options.DEFAULT))
          .hasMessageContaining("no kernel today");
      assertThat(state.scratchBytes()).isZero();
    }
    assertThat(refusing.closed).isTrue();
    assertThat(refusing.reserved).hasSize(1);
    assertThat(refusing.reserved.getFirst().scope().isAlive()).isFalse();
  }
}
