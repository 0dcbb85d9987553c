package dev.retrograde.x64.asm;

import java.util.List;

/// A memory operand and how a disassembler writes it.
record Place(Mem mem, String text) {
  static final List<Place> ALL =
      List.of(
          new Place(Mem.at(Gpr.RAX), "[rax]"),
          new Place(Mem.at(Gpr.RBX, 8), "[rbx+0x8]"),
          new Place(Mem.at(Gpr.RSP), "[rsp]"),
          new Place(Mem.at(Gpr.RSP, 0x40), "[rsp+0x40]"),
          new Place(Mem.at(Gpr.RBP), "[rbp+0x0]"),
          new Place(Mem.at(Gpr.R12), "[r12]"),
          new Place(Mem.at(Gpr.R12, -0x80), "[r12-0x80]"),
          new Place(Mem.at(Gpr.R13), "[r13+0x0]"),
          new Place(Mem.at(Gpr.R13, 0x2000), "[r13+0x2000]"),
          new Place(Mem.at(Gpr.RCX, 0x80), "[rcx+0x80]"),
          new Place(Mem.at(Gpr.RDI, 0x1FC0), "[rdi+0x1fc0]"),
          new Place(Mem.at(Gpr.RDX, -0x2040), "[rdx-0x2040]"),
          new Place(Mem.at(Gpr.R8, 0x7F), "[r8+0x7f]"),
          new Place(Mem.at(Gpr.RSI, 0x12345678), "[rsi+0x12345678]"),
          new Place(Mem.at(Gpr.R8, Gpr.RCX, 4, 0x20), "[r8+rcx*4+0x20]"),
          new Place(Mem.at(Gpr.RBP, Gpr.R13, 8, 0), "[rbp+r13*8+0x0]"),
          new Place(Mem.at(Gpr.R13, Gpr.R9, 1, -0x200), "[r13+r9*1-0x200]"),
          new Place(Mem.at(Gpr.RSP, Gpr.RAX, 2, 0x7F), "[rsp+rax*2+0x7f]"),
          new Place(Mem.at(Gpr.R12, Gpr.R12, 1, 4), "[r12+r12*1+0x4]"),
          new Place(Mem.at(Gpr.R15, Gpr.RBP, 8, 0x4000), "[r15+rbp*8+0x4000]"),
          new Place(Mem.scaled(Gpr.RCX, 8, 0x10), "[rcx*8+0x10]"),
          new Place(Mem.scaled(Gpr.R14, 4, -0x10), "[r14*4-0x10]"));
}
