package dev.retrograde.x64.asm;

import static dev.retrograde.x64.asm.GprEncoder.TWO_BYTE;

import org.jspecify.annotations.Nullable;

/// The instructions on general-purpose registers by the shape of their operands, each with its line
/// in the listing.
///
/// A size of 8 means 64 bits, a size of 4 means 32; `digit` is the part of an opcode that stands in
/// ModRM.reg.
final class IntegerInstructions {
  /// In place of an opcode or an escape byte: the instruction has none.
  static final int NO_ESCAPE = 0;

  private final CodeBuffer out;
  private final GprEncoder gpr;
  private final @Nullable Listing listing;

  IntegerInstructions(CodeBuffer out, @Nullable Listing listing) {
    this.out = out;
    this.gpr = new GprEncoder(out);
    this.listing = listing;
  }

  void mov(Gpr dst, long value) {
    int at = out.position();
    boolean unsigned = value == (value & 0xFFFF_FFFFL);
    if (unsigned) {
      gpr.inOpcode(false, 0xB8, dst.code());
      out.putInt((int) value);
    } else if (value == (int) value) {
      gpr.registers(true, 0xC7, 0, dst.code());
      out.putInt((int) value);
    } else {
      gpr.inOpcode(true, 0xB8, dst.code());
      out.putLong(value);
    }
    if (listing != null) {
      String name = unsigned || value == (int) value ? "mov" : "movabs";
      note(at, new Text(name).gpr(dst, unsigned ? 4 : 8).imm(value));
    }
  }

  void mov16(Mem dst, Gpr src) {
    int at = out.position();
    gpr.memory(0x66, false, false, 0x89, src.code(), dst, 0);
    if (listing != null) {
      note(at, new Text("mov").mem(dst, 2, Width.X).gpr(src, 2));
    }
  }

  void mov8(Mem dst, Gpr src) {
    int at = out.position();
    gpr.memory(0, false, true, 0x88, src.code(), dst, 0);
    if (listing != null) {
      note(at, new Text("mov").mem(dst, 1, Width.X).gpr(src, 1));
    }
  }

  void movsxd(Gpr dst, Gpr src) {
    int at = out.position();
    gpr.registers(true, 0x63, dst.code(), src.code());
    if (listing != null) {
      note(at, new Text("movsxd").gpr(dst, 8).gpr(src, 4));
    }
  }

  void movzx8(Gpr dst, Gpr src) {
    int at = out.position();
    gpr.byteRegister(TWO_BYTE | 0xB6, dst.code(), src.code());
    if (listing != null) {
      note(at, new Text("movzx").gpr(dst, 4).gpr(src, 1));
    }
  }

  void alu(Alu op, Gpr dst, int value) {
    int at = out.position();
    boolean small = GprEncoder.fitsByte(value);
    gpr.registers(true, small ? 0x83 : 0x81, op.number(), dst.code());
    immediate(value, small ? 1 : 4);
    if (listing != null) {
      note(at, new Text(op.mnemonic()).gpr(dst, 8).imm(value));
    }
  }

  void alu(Alu op, Mem dst, int value) {
    boolean small = GprEncoder.fitsByte(value);
    mi(op.mnemonic(), 8, small ? 0x83 : 0x81, op.number(), dst, value, small ? 1 : 4);
  }

  void imul(Gpr dst, Gpr src, int value) {
    int at = out.position();
    boolean small = GprEncoder.fitsByte(value);
    gpr.registers(true, small ? 0x6B : 0x69, dst.code(), src.code());
    immediate(value, small ? 1 : 4);
    if (listing != null) {
      note(at, new Text("imul").gpr(dst, 8).gpr(src, 8).imm(value));
    }
  }

  void test(Gpr a, Gpr b) {
    int at = out.position();
    gpr.registers(true, 0x85, b.code(), a.code());
    if (listing != null) {
      note(at, new Text("test").gpr(a, 8).gpr(b, 8));
    }
  }

  void set(Cond cond, Gpr dst) {
    int at = out.position();
    gpr.byteRegister(TWO_BYTE | 0x90 | cond.code(), 0, dst.code());
    if (listing != null) {
      note(at, new Text("set" + cond.suffix()).gpr(dst, 1));
    }
  }

  void popcnt(Gpr dst, Gpr src) {
    int at = out.position();
    gpr.registers(0xF3, true, TWO_BYTE | 0xB8, dst.code(), src.code());
    if (listing != null) {
      note(at, new Text("popcnt").gpr(dst, 8).gpr(src, 8));
    }
  }

  void tzcnt(Gpr dst, Gpr src) {
    int at = out.position();
    gpr.registers(0xF3, true, TWO_BYTE | 0xBC, dst.code(), src.code());
    if (listing != null) {
      note(at, new Text("tzcnt").gpr(dst, 8).gpr(src, 8));
    }
  }

  void lzcnt(Gpr dst, Gpr src) {
    int at = out.position();
    gpr.registers(0xF3, true, TWO_BYTE | 0xBD, dst.code(), src.code());
    if (listing != null) {
      note(at, new Text("lzcnt").gpr(dst, 8).gpr(src, 8));
    }
  }

  void j(Cond cond, Label target) {
    branch(
        listing == null ? "" : "j" + cond.suffix(),
        0x70 | cond.code(),
        0x0F,
        0x80 | cond.code(),
        target);
  }

  void rr(String name, int size, int opcode, Gpr reg, Gpr rm) {
    int at = out.position();
    gpr.registers(size == 8, opcode, reg.code(), rm.code());
    if (listing != null) {
      note(at, new Text(name).gpr(reg, size).gpr(rm, size));
    }
  }

  void rm(String name, int size, int memorySize, int opcode, Gpr reg, Mem rm) {
    int at = out.position();
    gpr.memory(size == 8, opcode, reg.code(), rm, 0);
    if (listing != null) {
      note(at, new Text(name).gpr(reg, size).mem(rm, memorySize, Width.X));
    }
  }

  void mr(String name, int size, int opcode, Mem rm, Gpr reg) {
    int at = out.position();
    gpr.memory(size == 8, opcode, reg.code(), rm, 0);
    if (listing != null) {
      note(at, new Text(name).mem(rm, size, Width.X).gpr(reg, size));
    }
  }

  void mi(String name, int size, int opcode, int digit, Mem rm, int value, int tail) {
    int at = out.position();
    gpr.memory(size == 8, opcode, digit, rm, tail);
    immediate(value, tail);
    if (listing != null) {
      note(at, new Text(name).mem(rm, size, Width.X).imm(size == 8 ? value : value & 0xFFFF_FFFFL));
    }
  }

  void digit(String name, int opcode, int digit, Gpr rm) {
    int at = out.position();
    gpr.registers(true, opcode, digit, rm.code());
    if (listing != null) {
      note(at, new Text(name).gpr(rm, 8));
    }
  }

  void digit(String name, boolean wide, int size, int opcode, int digit, Mem rm) {
    int at = out.position();
    gpr.memory(wide, opcode, digit, rm, 0);
    if (listing != null) {
      note(at, new Text(name).mem(rm, size, Width.X));
    }
  }

  void indirect(String name, int digit, Gpr target) {
    int at = out.position();
    gpr.registers(false, 0xFF, digit, target.code());
    if (listing != null) {
      note(at, new Text(name).gpr(target, 8));
    }
  }

  void one(String name, int opcode, Gpr reg) {
    int at = out.position();
    gpr.inOpcode(false, opcode, reg.code());
    if (listing != null) {
      note(at, new Text(name).gpr(reg, 8));
    }
  }

  void shift(String name, int digit, Gpr dst, int count) {
    if (count < 0 || count > 63) {
      throw new IllegalArgumentException(
          name + " " + dst + ": count " + count + " is not between 0 and 63");
    }
    int at = out.position();
    gpr.registers(true, 0xC1, digit, dst.code());
    out.put(count);
    if (listing != null) {
      note(at, new Text(name).gpr(dst, 8).imm(count));
    }
  }

  void plain(String name, int... bytes) {
    int at = out.position();
    for (int b : bytes) {
      out.put(b);
    }
    if (listing != null) {
      listing.add(at, name);
    }
  }

  void branch(String name, int shortOpcode, int escape, int opcode, Label target) {
    target.requireIn(out);
    int at = out.position();
    boolean near = target.isBound() && GprEncoder.fitsByte(target.position() - (at + 2L));
    if (near && shortOpcode != NO_ESCAPE) {
      out.put(shortOpcode);
      out.put(target.position() - (at + 2));
    } else {
      if (escape != NO_ESCAPE) {
        out.put(escape);
      }
      out.put(opcode);
      int end = out.position() + 4;
      out.putInt(target.isBound() ? target.position() - end : 0);
      if (!target.isBound()) {
        target.await(end - 4, end);
      }
    }
    if (listing != null) {
      note(at, new Text(name).word(target.name()));
    }
  }

  private void immediate(int value, int size) {
    if (size == 1) {
      out.put(value);
    } else {
      out.putInt(value);
    }
  }

  private void note(int at, Text text) {
    if (listing != null) {
      listing.add(at, text.toString());
    }
  }
}
