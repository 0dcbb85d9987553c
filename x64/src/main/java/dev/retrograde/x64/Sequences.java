package dev.retrograde.x64;

import dev.retrograde.x64.asm.Assembler;
import dev.retrograde.x64.asm.Cond;
import dev.retrograde.x64.asm.Gpr;
import dev.retrograde.x64.asm.Label;
import dev.retrograde.x64.asm.Mem;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A function that calls kernels one after another, from a table with a row for each: its code, its
/// table of buffers, its number of iterations. A step of many small kernels enters machine code
/// once, which counts most while the Java machine has not compiled the way there yet.
final class Sequences {
  /// Bytes of a row.
  static final int ROW = 24;

  private static final int TABLE = 8;
  private static final int EXTENT = 16;

  private Sequences() {}

  /// Fills a row.
  static void put(MemorySegment rows, long row, long code, long table, long extent) {
    rows.set(ValueLayout.JAVA_LONG, row * ROW, code);
    rows.set(ValueLayout.JAVA_LONG, row * ROW + TABLE, table);
    rows.set(ValueLayout.JAVA_LONG, row * ROW + EXTENT, extent);
  }

  /// `void (void* rows, int64 ignored, int64 count)`, of at least one row.
  static byte[] code() {
    Assembler a = new Assembler();
    a.push(Gpr.RBX);
    a.push(Gpr.R12);
    // Three words with the return address: one more keeps the stack aligned to 16 for the calls.
    a.sub(Gpr.RSP, 8);
    a.mov(Gpr.RBX, Gpr.RDI);
    a.mov(Gpr.R12, Gpr.RDX);
    Label next = a.here();
    a.mov(Gpr.RAX, Mem.at(Gpr.RBX));
    a.mov(Gpr.RDI, Mem.at(Gpr.RBX, TABLE));
    a.zero(Gpr.RSI);
    a.mov(Gpr.RDX, Mem.at(Gpr.RBX, EXTENT));
    a.call(Gpr.RAX);
    a.add(Gpr.RBX, ROW);
    a.sub(Gpr.R12, 1);
    a.j(Cond.NE, next);
    a.add(Gpr.RSP, 8);
    a.pop(Gpr.R12);
    a.pop(Gpr.RBX);
    a.ret();
    return a.finish();
  }
}
