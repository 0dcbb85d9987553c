package dev.retrograde.x64.memory;

import dev.retrograde.x64.asm.Assembler;
import dev.retrograde.x64.asm.Gpr;
import dev.retrograde.x64.asm.Label;
import dev.retrograde.x64.asm.Mem;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The instructions `cpuid` and `xgetbv` as functions.
final class Cpuid implements AutoCloseable {
  /// The four registers that `cpuid` fills.
  record Answer(int eax, int ebx, int ecx, int edx) {}

  private final ExecutableMemory memory;
  private final Entry cpuid;
  private final Entry xgetbv;

  Cpuid() {
    Assembler a = new Assembler();
    a.push(Gpr.RBX);
    a.mov(Gpr.RAX, Gpr.RSI);
    a.mov(Gpr.RCX, Gpr.RDX);
    a.cpuid();
    a.mov32(Mem.at(Gpr.RDI), Gpr.RAX);
    a.mov32(Mem.at(Gpr.RDI, 4), Gpr.RBX);
    a.mov32(Mem.at(Gpr.RDI, 8), Gpr.RCX);
    a.mov32(Mem.at(Gpr.RDI, 12), Gpr.RDX);
    a.pop(Gpr.RBX);
    a.ret();
    a.align(16);
    Label state = a.here();
    a.zero(Gpr.RCX);
    a.xgetbv();
    a.shl(Gpr.RDX, 32);
    a.or(Gpr.RAX, Gpr.RDX);
    a.ret();
    this.memory = ExecutableMemory.load(a.finish());
    this.cpuid = memory.entry(0);
    this.xgetbv = memory.entry(state.position());
  }

  Answer ask(int leaf, int subleaf) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(16, 4);
      cpuid.call(answer, leaf, subleaf);
      return new Answer(
          answer.get(ValueLayout.JAVA_INT, 0),
          answer.get(ValueLayout.JAVA_INT, 4),
          answer.get(ValueLayout.JAVA_INT, 8),
          answer.get(ValueLayout.JAVA_INT, 12));
    }
  }

  /// The register states that the operating system saves, as bits of XCR0. Only where `cpuid` says
  /// that `xgetbv` may be used.
  long enabledState() {
    return xgetbv.callLong(MemorySegment.NULL, 0, 0);
  }

  @Override
  public void close() {
    memory.close();
  }
}
