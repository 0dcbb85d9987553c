package dev.retrograde.x64.asm;

/// Which operands a vector instruction takes, and where its encoding puts them.
///
/// The letters name the fields in the order of the operands: `R` is ModRM.reg, `V` is VEX.vvvv, `M`
/// is ModRM.rm (register or memory), `I` an immediate byte.
enum Form {
  /// `dst, b`.
  RM("dst, b"),
  /// `dst, b, imm`.
  RMI("dst, b, imm"),
  /// `dst, a, b`.
  RVM("dst, a, b"),
  /// `dst, a, b, imm`.
  RVMI("dst, a, b, imm"),
  /// `dst, a, b, selector`; the selector's register stands in the immediate byte.
  RVMR("dst, a, b, selector"),
  /// `dst, src` with the result in ModRM.rm: conversions that narrow, and plain stores.
  MR("dst, src"),
  /// `dst, src, imm` with the result in ModRM.rm: extractions.
  MRI("dst, src, imm"),
  /// `dst, src, imm`, the result in VEX.vvvv and a digit of the opcode in ModRM.reg: shifts.
  VMI("dst, src, imm"),
  /// `dst, a, b`; the result is a vector with VEX, a mask with EVEX.
  CMP("dst or mask, a, b"),
  /// `dst, a, b, imm`; the result is a vector with VEX, a mask with EVEX.
  CMPI("dst or mask, a, b, imm"),
  /// `mask, src`.
  KM("mask, src"),
  /// `dst, mask`.
  RK("dst, mask"),
  /// `dst, gpr` and, where the row has a store's opcode, `gpr, src`.
  RG("dst, gpr"),
  /// `dst, a, gpr`.
  RVG("dst, a, gpr"),
  /// `gpr, src`.
  GM("gpr, src"),
  /// `dst, [base + indices]` under a vector mask (VEX) or a mask register (EVEX).
  GATHER("dst, [base + indices], mask"),
  /// `[base + indices], src` under a mask register.
  SCATTER("[base + indices], mask, src");

  private final String operands;

  Form(String operands) {
    this.operands = operands;
  }

  /// The operands in words, for messages.
  String operands() {
    return operands;
  }
}
