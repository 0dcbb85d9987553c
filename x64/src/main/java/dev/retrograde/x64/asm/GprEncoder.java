package dev.retrograde.x64.asm;

/// Writes the instructions that have neither VEX nor EVEX: prefixes, REX, opcode, operands.
final class GprEncoder {
  /// Opcodes with this bit are in the two-byte map, behind `0F`.
  static final int TWO_BYTE = 0x100;

  private static final int NO_PREFIX = 0;

  private final CodeBuffer out;

  GprEncoder(CodeBuffer out) {
    this.out = out;
  }

  private void rex(boolean wide, int reg, int index, int base, boolean forced) {
    int bits = (wide ? 8 : 0) | reg >> 3 << 2 | index >> 3 << 1 | base >> 3;
    if (bits != 0 || forced) {
      out.put(0x40 | bits);
    }
  }

  private void opcode(int opcode) {
    if ((opcode & TWO_BYTE) != 0) {
      out.put(0x0F);
    }
    out.put(opcode & 0xFF);
  }

  /// Writes an instruction between a register or digit (`reg`) and a register (`rm`).
  void registers(boolean wide, int opcode, int reg, int rm) {
    registers(NO_PREFIX, wide, opcode, reg, rm);
  }

  void registers(int prefix, boolean wide, int opcode, int reg, int rm) {
    if (prefix != NO_PREFIX) {
      out.put(prefix);
    }
    rex(wide, reg, 0, rm, false);
    opcode(opcode);
    out.modRegister(reg, rm);
  }

  /// Writes an instruction whose `rm` register is one byte: from number 4 on it needs a REX prefix.
  void byteRegister(int opcode, int reg, int rm) {
    rex(false, reg, 0, rm, rm > 3);
    opcode(opcode);
    out.modRegister(reg, rm);
  }

  /// Writes an instruction between a register or digit (`reg`) and memory.
  void memory(boolean wide, int opcode, int reg, Mem m, int tail) {
    memory(NO_PREFIX, wide, false, opcode, reg, m, tail);
  }

  void memory(int prefix, boolean wide, boolean byteReg, int opcode, int reg, Mem m, int tail) {
    check(out, m);
    if (prefix != NO_PREFIX) {
      out.put(prefix);
    }
    rex(wide, reg, m.indexCode(), m.baseCode(), byteReg && reg > 3);
    opcode(opcode);
    out.modMemory(reg, m, 1, tail);
  }

  /// Refuses a memory operand that only vector instructions take.
  static void check(CodeBuffer out, Mem m) {
    if (m.vectorIndex() != null || m.broadcast()) {
      throw new IllegalArgumentException(
          "an integer instruction takes neither a vector of indices nor a broadcast, found " + m);
    }
    if (m.label() != null) {
      m.label().requireIn(out);
    }
  }

  /// Writes an instruction whose register is part of the opcode.
  void inOpcode(boolean wide, int opcode, int reg) {
    rex(wide, 0, 0, reg, false);
    out.put(opcode | reg & 7);
  }

  static boolean fitsByte(long value) {
    return value == (byte) value;
  }
}
