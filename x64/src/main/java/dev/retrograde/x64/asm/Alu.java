package dev.retrograde.x64.asm;

import java.util.Locale;

/// The two-operand integer instructions that share one encoding.
public enum Alu {
  ADD(0),
  OR(1),
  AND(4),
  SUB(5),
  XOR(6),
  CMP(7);

  private final int number;

  Alu(int number) {
    this.number = number;
  }

  /// The operation's number, in the opcode or in ModRM.reg.
  int number() {
    return number;
  }

  String mnemonic() {
    return name().toLowerCase(Locale.ROOT);
  }
}
