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
  private final String mnemonic;

  Alu(int number) {
    this.number = number;
    this.mnemonic = name().toLowerCase(Locale.ROOT);
  }

  /// The operation's number, in the opcode or in ModRM.reg.
  int number() {
    return number;
  }

  String mnemonic() {
    return mnemonic;
  }
}
