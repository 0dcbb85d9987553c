package dev.retrograde.x64;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.x64.asm.VOp;
import dev.retrograde.x64.asm.Vec;
import dev.retrograde.x64.asm.VecOrMem;
import dev.retrograde.x64.asm.Width;

/// Prints comparisons and choices. With AVX-512 a mask is a mask register, with AVX2 a vector whose
/// lanes are all ones or zero.
final class ComparisonPrinter {
  /// Predicates of VCMPPS: equal, less, less or equal are false with NaN, unequal is true.
  private static final int EQ_ORDERED = 0x00;

  private static final int LT_ORDERED = 0x11;
  private static final int LE_ORDERED = 0x12;
  private static final int NE_UNORDERED = 0x04;

  private final Operands at;

  ComparisonPrinter(Operands at) {
    this.at = at;
  }

  void print(Ins ins) {
    Primitive fn = Demands.primitive(ins);
    boolean wide = ins.type == DType.F64 || ins.type == DType.I64;
    Width w = at.width(wide ? 8 : 4);
    int a = 0;
    int b = 1;
    if (at.inMemory(ins, 0) && (fn == Primitive.EQ || fn == Primitive.NE)) {
      a = 1;
      b = 0;
    }
    if (ins.type.isFloat()) {
      VOp op = wide ? VOp.VCMPPD : VOp.VCMPPS;
      int predicate =
          switch (fn) {
            case LT -> LT_ORDERED;
            case LE -> LE_ORDERED;
            case NE -> NE_UNORDERED;
            default -> EQ_ORDERED;
          };
      if (at.avx512) {
        at.asm.v(op, w, at.dstMask(ins), at.reg(ins, a), at.at(ins, b), predicate);
      } else {
        at.asm.v(op, w, at.dst(ins), at.reg(ins, a), at.at(ins, b), predicate);
      }
    } else if (at.avx512) {
      int predicate =
          switch (fn) {
            case LT -> 1;
            case LE -> 2;
            case NE -> 4;
            default -> 0;
          };
      VOp op = wide ? VOp.VPCMPQ : VOp.VPCMPD;
      at.asm.v(op, w, at.dstMask(ins), at.reg(ins, a), at.at(ins, b), predicate);
    } else {
      integers(ins, fn, wide, w, a, b);
    }
  }

  private void integers(Ins ins, Primitive fn, boolean wide, Width w, int a, int b) {
    Vec d = at.dst(ins);
    VOp greater = wide ? VOp.VPCMPGTQ : VOp.VPCMPGTD;
    switch (fn) {
      case LT -> at.asm.v(greater, w, d, at.reg(ins, 1), at.at(ins, 0));
      case LE -> at.asm.v(greater, w, d, at.reg(ins, 0), at.at(ins, 1));
      default -> at.asm.v(wide ? VOp.VPCMPEQQ : VOp.VPCMPEQD, w, d, at.reg(ins, a), at.at(ins, b));
    }
    if (fn == Primitive.LE || fn == Primitive.NE) {
      at.asm.v(VOp.VXORPS, w, d, d, at.constant(wide ? 8 : 4, -1));
    }
  }

  /// A choice between two operands, or between one and zero.
  void select(Ins ins) {
    boolean wide = ins.dst().size == 8;
    Width w = at.width(ins.dst().size);
    Vec d = at.dst(ins);
    VecOrMem yes = at.at(ins, 1);
    boolean orZero = ins.args.length == 2;
    if (at.avx512 && orZero) {
      if (yes instanceof dev.retrograde.x64.asm.Mem m && m.broadcast()) {
        VOp op = wide ? VOp.VPBROADCASTQ : VOp.VBROADCASTSS;
        at.asm.v(op, w, d, at.mask(ins, 0), true, Operands.single(m));
      } else {
        at.asm.v(wide ? VOp.VMOVUPD : VOp.VMOVUPS, w, d, at.mask(ins, 0), true, yes);
      }
    } else if (at.avx512) {
      VOp op = wide ? VOp.VBLENDMPD : VOp.VBLENDMPS;
      at.asm.v(op, w, d, at.mask(ins, 0), false, at.reg(ins, 2), yes);
    } else if (orZero) {
      at.asm.v(VOp.VANDPS, w, d, at.reg(ins, 0), yes);
    } else {
      VOp op = wide ? VOp.VBLENDVPD : VOp.VBLENDVPS;
      at.asm.v(op, w, d, at.reg(ins, 2), yes, at.reg(ins, 0));
    }
  }
}
