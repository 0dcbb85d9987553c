package dev.retrograde.x64.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.retrograde.x64.asm.Assembler;
import dev.retrograde.x64.asm.Cond;
import dev.retrograde.x64.asm.Gpr;
import dev.retrograde.x64.asm.KOp;
import dev.retrograde.x64.asm.Label;
import dev.retrograde.x64.asm.Lanes;
import dev.retrograde.x64.asm.Mask;
import dev.retrograde.x64.asm.Mem;
import dev.retrograde.x64.asm.VOp;
import dev.retrograde.x64.asm.Vec;
import dev.retrograde.x64.asm.Width;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ExecutableMemoryTest {
  private final Assembler a = new Assembler();

  @BeforeEach
  void needsExecutablePages() {
    String reason = ExecutableMemory.whyUnavailable();
    assumeTrue(reason.isEmpty(), reason);
  }

  @Test
  void addsTwoLongs() {
    a.lea(Gpr.RAX, Mem.at(Gpr.RSI, Gpr.RDX, 1, 0));
    a.ret();
    try (ExecutableMemory memory = ExecutableMemory.load(a.finish())) {
      Entry add = memory.entry(0);
      assertThat(add.callLong(MemorySegment.NULL, 40, 2)).isEqualTo(42);
      assertThat(add.callLong(MemorySegment.NULL, Long.MAX_VALUE, 1)).isEqualTo(Long.MIN_VALUE);
    }
  }

  @Test
  void unguardedCallsReachTheirArguments() {
    a.lea(Gpr.RAX, Mem.at(Gpr.RSI, Gpr.RDX, 1, 0));
    a.mov(Mem.at(Gpr.RDI), Gpr.RAX);
    a.ret();
    try (ExecutableMemory memory = ExecutableMemory.load(a.finish());
        Arena arena = Arena.ofConfined()) {
      MemorySegment args = arena.allocate(8, 8);
      memory.entry(0).callUnguarded(MemorySegment.ofAddress(args.address()), 40, 2);
      assertThat(args.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(42);
    }
  }

  @Test
  void sumsFloatsInALoop() {
    Label loop = a.newLabel();
    Label done = a.newLabel();
    a.v(VOp.VXORPS, Width.X, Vec.V0, Vec.V0, Vec.V0);
    a.mov(Gpr.RAX, Mem.at(Gpr.RDI));
    a.cmp(Gpr.RSI, Gpr.RDX);
    a.j(Cond.GE, done);
    a.bind(loop);
    a.v(VOp.VADDSS, Width.S, Vec.V0, Vec.V0, Mem.at(Gpr.RAX, Gpr.RSI, 4, 0));
    a.inc(Gpr.RSI);
    a.cmp(Gpr.RSI, Gpr.RDX);
    a.j(Cond.L, loop);
    a.bind(done);
    a.store(VOp.VMOVSS, Width.S, Mem.at(Gpr.RDI, 8), Vec.V0);
    a.ret();
    try (ExecutableMemory memory = ExecutableMemory.load(a.finish());
        Arena arena = Arena.ofConfined();
        GuardedBuffer numbers = GuardedBuffer.endingAtGuard(4 * 1021)) {
      for (int i = 0; i < 1021; i++) {
        numbers.segment().setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, i);
      }
      MemorySegment args = arena.allocate(16, 8);
      args.set(ValueLayout.JAVA_LONG, 0, numbers.segment().address());
      memory.entry(0).call(args, 0, 1021);
      assertThat(args.get(ValueLayout.JAVA_FLOAT, 8)).isEqualTo(1020 * 1021 / 2f);
      memory.entry(0).call(args, 3, 3);
      assertThat(args.get(ValueLayout.JAVA_FLOAT, 8)).isZero();
    }
  }

  @Test
  void multipliesAndAddsWithConstantsFromThePool() {
    assumeTrue(CpuFeatures.detect().hasAvx2Base(), "no AVX2 with FMA");
    a.v(VOp.VMOVUPS, Width.Y, Vec.V1, Mem.at(Gpr.RDI));
    a.v(VOp.VBROADCASTSS, Width.Y, Vec.V9, a.f32(3));
    Mem lanes = a.f32(0, 1, 2, 0, 0, 0, 0, 1);
    a.v(VOp.VFMADD213PS, Width.Y, Vec.V1, Vec.V9, lanes);
    a.store(VOp.VMOVUPS, Width.Y, Mem.at(Gpr.RDI), Vec.V1);
    a.vzeroupper();
    a.ret();
    assertThat(run(8, 1, 2, 3, 4, 5, 6, 7, 8)).containsExactly(3, 7, 11, 12, 15, 18, 21, 25);
  }

  @Test
  void masksLanesWithAvx512() {
    assumeTrue(CpuFeatures.detect().hasAvx512Base(), "no AVX-512");
    a.mov(Gpr.RAX, 0b101);
    a.kmov(Lanes.W, Mask.K1, Gpr.RAX);
    a.k(KOp.KNOT, Lanes.W, Mask.K2, Mask.K1);
    a.v(VOp.VMOVUPS, Width.Z, Vec.V20, Mem.at(Gpr.RDI));
    a.v(VOp.VADDPS, Width.Z, Vec.V20, Mask.K1, false, Vec.V20, Mem.at(Gpr.RDI, 4).broadcasting());
    a.v(VOp.VMULPS, Width.Z, Vec.V20, Mask.K2, false, Vec.V20, Vec.V20);
    a.store(VOp.VMOVUPS, Width.Z, Mem.at(Gpr.RDI), Vec.V20);
    a.vzeroupper();
    a.ret();
    assertThat(run(16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))
        .containsExactly(3, 4, 5, 16, 25, 36, 49, 64, 81, 100, 121, 144, 169, 196, 225, 256);
  }

  private float[] run(int count, float... values) {
    try (ExecutableMemory memory = ExecutableMemory.load(a.finish());
        GuardedBuffer buffer = GuardedBuffer.endingAtGuard(4L * count)) {
      MemorySegment.copy(
          values, 0, buffer.segment(), ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values.length);
      memory.entry(0).call(buffer.segment(), 0, 0);
      assertThat(buffer.slackIsUntouched()).isTrue();
      return buffer.segment().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }
  }

  @Test
  void callsAndJumpsThroughRegistersAndTables() {
    Label twice = a.newLabel("twice");
    Label start = a.newLabel("start");
    a.jmp(start);
    a.align(64);
    a.bind(twice);
    a.lea(Gpr.RAX, Mem.scaled(Gpr.RSI, 2, 0));
    a.ret();
    a.bind(start);
    a.call(twice);
    a.push(Gpr.RAX);
    a.lea(Gpr.RCX, Mem.rip(twice));
    a.mov(Gpr.RSI, Gpr.RDX);
    a.call(Gpr.RCX);
    a.pop(Gpr.RDX);
    a.add(Gpr.RAX, Gpr.RDX);
    a.ret();
    try (ExecutableMemory memory = ExecutableMemory.load(a.finish())) {
      assertThat(memory.entry(0).callLong(MemorySegment.NULL, 10, 11)).isEqualTo(42);
      assertThat(twice.position()).isEqualTo(64);
      assertThat(memory.entry(64).callLong(MemorySegment.NULL, 4, 0)).isEqualTo(8);
    }
  }

  @Test
  void loadsEveryShapeOfImmediate() {
    for (long value :
        new long[] {
          0,
          1,
          -1,
          127,
          128,
          0x7FFFFFFFL,
          0x80000000L,
          0xFFFFFFFFL,
          0x100000000L,
          Integer.MIN_VALUE,
          Integer.MIN_VALUE - 1L,
          Long.MIN_VALUE,
          Long.MAX_VALUE
        }) {
      Assembler b = new Assembler();
      b.mov(Gpr.RAX, value);
      b.ret();
      try (ExecutableMemory memory = ExecutableMemory.load(b.finish())) {
        assertThat(memory.entry(0).callLong(MemorySegment.NULL, 0, 0)).isEqualTo(value);
      }
    }
  }

  @Test
  void callAfterCloseIsAnException() {
    a.ret();
    ExecutableMemory memory = ExecutableMemory.load(a.finish());
    Entry entry = memory.entry(0);
    memory.close();
    assertThatThrownBy(() -> entry.call(MemorySegment.NULL, 0, 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> memory.entry(0).call(MemorySegment.NULL, 0, 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(memory::close).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void closeDuringACallIsAnException() throws Exception {
    // Raises a flag at args[0], then waits for one at args[4].
    a.mov32(Mem.at(Gpr.RDI), 1);
    Label wait = a.here();
    a.mov32(Gpr.RAX, Mem.at(Gpr.RDI, 4));
    a.test(Gpr.RAX, Gpr.RAX);
    a.j(Cond.E, wait);
    a.ret();
    try (ExecutableMemory memory = ExecutableMemory.load(a.finish());
        Arena arena = Arena.ofShared()) {
      MemorySegment flags = arena.allocate(8, 4);
      Thread caller = new Thread(() -> memory.entry(0).call(flags, 0, 0));
      caller.start();
      try {
        while ((int) ValueLayout.JAVA_INT.varHandle().getVolatile(flags, 0L) == 0) {
          Thread.onSpinWait();
        }
        assertThatThrownBy(memory::close).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(arena::close).isInstanceOf(IllegalStateException.class);
      } finally {
        ValueLayout.JAVA_INT.varHandle().setVolatile(flags, 4L, 1);
        caller.join();
      }
    }
  }

  @Test
  void argumentsOfAnotherThreadOrOnTheHeapAreExceptions() throws Exception {
    a.ret();
    try (ExecutableMemory memory = ExecutableMemory.load(a.finish());
        Arena arena = Arena.ofConfined()) {
      MemorySegment mine = arena.allocate(8);
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      CountDownLatch done = new CountDownLatch(1);
      Thread other =
          new Thread(() -> {
            try {
              memory.entry(0).call(mine, 0, 0);
            } catch (RuntimeException e) {
              thrown.set(e);
            } finally {
              done.countDown();
            }
          });
      other.start();
      done.await();
      other.join();
      assertThat(thrown.get()).isInstanceOf(WrongThreadException.class);
      assertThatThrownBy(() -> memory.entry(0).call(MemorySegment.ofArray(new byte[8]), 0, 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void entriesOutsideTheCodeAreExceptions() {
    a.ret();
    try (ExecutableMemory memory = ExecutableMemory.load(a.finish())) {
      assertThatThrownBy(() -> memory.entry(1)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> memory.entry(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void codeLivesAsLongAsTheArenaThatWasGiven() {
    a.mov(Gpr.RAX, 7);
    a.ret();
    Entry entry;
    try (Arena arena = Arena.ofShared()) {
      ExecutableMemory memory = ExecutableMemory.load(a.finish(), arena);
      memory.close();
      entry = memory.entry(0);
      assertThat(entry.callLong(MemorySegment.NULL, 0, 0)).isEqualTo(7);
    }
    assertThatThrownBy(() -> entry.call(MemorySegment.NULL, 0, 0))
        .isInstanceOf(IllegalStateException.class);
  }
}
