package dev.retrograde.x64.asm;

import org.jspecify.annotations.Nullable;

/// Writes vector instructions: checks them against their row of the table, chooses VEX or EVEX, and
/// lays out prefix, opcode and operands.
///
/// EVEX is taken only when something demands it, since it is longer: 512 bits, a register above 15,
/// a write mask, a broadcast from memory, a mask as result, or a row without VEX.
final class VectorEncoder {
  private static final int NO_REGISTER = 0;

  private final CodeBuffer out;

  VectorEncoder(CodeBuffer out) {
    this.out = out;
  }

  /// One instruction on its way: everything but the table's row, in the encoding's own terms.
  ///
  /// @param reg ModRM.reg, 0 to 31
  /// @param vvvv the second source, 0 to 31
  /// @param rm the last source's register, when `mem` is null
  /// @param evexOnly whether the operands exist with EVEX only, whatever the row says
  /// @param vexOnly whether the operands exist with VEX only, whatever the row says
  /// @param tail bytes of immediate that follow
  void emit(
      VOp op,
      int opcode,
      Width width,
      int reg,
      int vvvv,
      int rm,
      @Nullable Mem mem,
      Mask k,
      boolean zero,
      boolean evexOnly,
      boolean vexOnly,
      int tail) {
    boolean broadcast = mem != null && mem.broadcast();
    int vectorIndex = mem != null && mem.vectorIndex() != null ? mem.vectorIndex().index() : 0;
    boolean evex =
        evexOnly
            || !op.hasVex()
            || width == Width.Z
            || k != Mask.K0
            || broadcast
            || (reg | vvvv | rm | vectorIndex) > 15;
    if (evex && (vexOnly || !op.hasEvex())) {
      throw new IllegalArgumentException(
          op
              + " at width "
              + width
              + ": the operands need the EVEX encoding (512 bits, a register above 15, a mask or a"
              + " broadcast), which this form does not have; use its AVX-512 counterpart or"
              + " registers 0 to 15");
    }
    if (zero && k == Mask.K0) {
      throw new IllegalArgumentException(
          op + ": zeroing needs a mask register, found K0, which means all lanes; use K1 to K7");
    }
    int r = reg >> 3;
    int x = mem != null ? (mem.index() != null ? mem.indexCode() : vectorIndex) >> 3 : rm >> 4;
    int b = (mem != null ? mem.baseCode() : rm) >> 3;
    int unit = 1;
    if (evex) {
      out.put(0x62);
      out.put((~r & 1) << 7 | (~x & 1) << 6 | (~b & 1) << 5 | (~(reg >> 4) & 1) << 4 | op.map());
      out.put(op.enc().evexW() << 7 | (~vvvv & 15) << 3 | 4 | op.prefix());
      out.put(
          (zero ? 0x80 : 0)
              | width.lengthField() << 5
              | (broadcast ? 0x10 : 0)
              | (~((vvvv | vectorIndex) >> 4) & 1) << 3
              | k.code());
      unit = op.tuple().unit(width, op.elementBytes(), broadcast);
    } else {
      vexPrefix(
          out,
          op.map(),
          op.prefix(),
          op.enc().vexW(),
          width.lengthField(),
          r & 1,
          x & 1,
          b & 1,
          vvvv);
    }
    out.put(opcode);
    if (mem != null) {
      out.modMemory(reg, mem, unit, tail);
    } else {
      out.modRegister(reg, rm);
    }
  }

  /// Writes a VEX prefix in two bytes where that is possible, else in three.
  static void vexPrefix(
      CodeBuffer out, int map, int prefix, int w, int length, int r, int x, int b, int vvvv) {
    int last = (~vvvv & 15) << 3 | length << 2 | prefix;
    if (x == 0 && b == 0 && w == 0 && map == VOpColumns.M0F) {
      out.put(0xC5);
      out.put((r ^ 1) << 7 | last);
    } else {
      out.put(0xC4);
      out.put((r ^ 1) << 7 | (x ^ 1) << 6 | (b ^ 1) << 5 | map);
      out.put(w << 7 | last);
    }
  }

  /// Writes an instruction whose last source is a vector register or memory.
  void emit(
      VOp op,
      int opcode,
      Width width,
      int reg,
      int vvvv,
      VecOrMem last,
      Mask k,
      boolean zero,
      boolean evexOnly,
      boolean vexOnly,
      int tail) {
    switch (last) {
      case Vec v ->
          emit(op, opcode, width, reg, vvvv, v.index(), null, k, zero, evexOnly, vexOnly, tail);
      case Mem m -> {
        checkMemory(op, m);
        if (m.label() != null) {
          m.label().requireIn(out);
        }
        emit(op, opcode, width, reg, vvvv, NO_REGISTER, m, k, zero, evexOnly, vexOnly, tail);
      }
    }
  }

  void immediate(int imm) {
    out.put(imm);
  }

  /// Refuses an instruction whose row has none of the two forms, or not this width.
  static void check(VOp op, Width width, Form form, Form other) {
    if (op.form() != form && op.form() != other) {
      throw new IllegalArgumentException(
          op
              + ": wrong operands: expected ("
              + op.form().operands()
              + "), found ("
              + form.operands()
              + "); see the row in VOp");
    }
    if (!op.hasWidth(width)) {
      throw new IllegalArgumentException(
          op + " does not exist at width " + width + "; see the row in VOp");
    }
  }

  private static void checkMemory(VOp op, Mem m) {
    boolean indexed = op.form() == Form.GATHER || op.form() == Form.SCATTER;
    if (indexed != (m.vectorIndex() != null)) {
      throw new IllegalArgumentException(
          op
              + (indexed
                  ? ": expected a vector of indices in the address, found none;"
                      + " use Mem.at(Gpr, Vec, int, int)"
                  : ": found a vector of indices in the address, which only gathers and scatters"
                      + " take"));
    }
    if (op.tuple() == Tuple.NONE) {
      throw new IllegalArgumentException(
          op + ": expected a register as last source, found memory; load it first");
    }
    if (m.broadcast() && !op.tuple().broadcasts()) {
      throw new IllegalArgumentException(
          op + " cannot broadcast from memory; use a VBROADCAST into a register first");
    }
  }
}
