package dev.retrograde.x64.asm;

import java.util.Locale;

/// Instructions on mask registers; the number of lanes is given beside them, as [Lanes].
public enum KOp {
  /// `dst = a & b`.
  KAND(0x41, 3),
  /// `dst = ~a & b`.
  KANDN(0x42, 3),
  /// `dst = ~a`.
  KNOT(0x44, 2),
  /// `dst = a | b`.
  KOR(0x45, 3),
  /// `dst = ~(a ^ b)`.
  KXNOR(0x46, 3),
  /// `dst = a ^ b`.
  KXOR(0x47, 3),
  /// Flags of `a | b`: zero when no bit is set, carry when all are.
  KORTEST(0x98, 2),
  /// Flags of `a & b` (zero) and of `~a & b` (carry).
  KTEST(0x99, 2);

  private final int opcode;
  private final int operands;

  KOp(int opcode, int operands) {
    this.opcode = opcode;
    this.operands = operands;
  }

  int opcode() {
    return opcode;
  }

  int operands() {
    return operands;
  }

  String mnemonic(Lanes lanes) {
    return (name() + lanes.name()).toLowerCase(Locale.ROOT);
  }
}
