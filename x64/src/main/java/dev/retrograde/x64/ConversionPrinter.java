package dev.retrograde.x64;

import dev.retrograde.scalar.DType;
import dev.retrograde.x64.asm.Gpr;
import dev.retrograde.x64.asm.Mask;
import dev.retrograde.x64.asm.Mem;
import dev.retrograde.x64.asm.VOp;
import dev.retrograde.x64.asm.Vec;
import dev.retrograde.x64.asm.Width;

/// Prints conversions of numbers. The processor's conversions to integers give the smallest one for
/// everything that does not fit; what is too large and NaN are mended afterwards.
final class ConversionPrinter {
  private static final int ORDERED = 0x07;
  private static final int GE_ORDERED = 0x1D;
  private static final long TWO_TO_31 = 0x4f00_0000L;
  private static final long TWO_TO_63 = 0x5f00_0000L;
  private static final long TWO_TO_63_DOUBLE = 0x43e0_0000_0000_0000L;

  private final Operands at;
  private final Width four;
  private final Width eight;

  ConversionPrinter(Operands at) {
    this.at = at;
    this.four = at.width(4);
    this.eight = at.width(8);
  }

  void print(Ins ins) {
    Vec d = at.dst(ins);
    Vec a = at.reg(ins, 0);
    switch (ins.type) {
      case F32 -> {
        switch (ins.to) {
          case F64 -> at.asm.v(VOp.VCVTPS2PD, eight, d, a);
          case I32 -> floatToInt(ins, d, a);
          default -> toLong(ins, d, a, true);
        }
      }
      case F64 -> {
        switch (ins.to) {
          case F32 -> at.asm.v(VOp.VCVTPD2PS, eight, d, a);
          case I32 -> doubleToInt(ins, d, a);
          default -> toLong(ins, d, a, false);
        }
      }
      case I32 -> {
        switch (ins.to) {
          case F32 -> at.asm.v(VOp.VCVTDQ2PS, four, d, a);
          case F64 -> at.asm.v(VOp.VCVTDQ2PD, eight, d, a);
          default -> at.asm.v(VOp.VPMOVSXDQ, eight, d, a);
        }
      }
      case I64 -> fromLong(ins, d, a);
      case BF16, I8, I16, U8, BOOL, FRAME ->
          throw new AssertionError("no register holds " + ins.type.text());
    }
  }

  private void floatToInt(Ins ins, Vec d, Vec a) {
    if (at.avx512) {
      Mask number = at.maskTemp(ins, 0);
      Mask large = at.maskTemp(ins, 1);
      at.asm.v(VOp.VCMPPS, four, number, a, a, ORDERED);
      at.asm.v(VOp.VCMPPS, four, large, a, at.constant(4, TWO_TO_31), GE_ORDERED);
      at.asm.v(VOp.VCVTTPS2DQ, four, d, number, true, a);
      Mem most = Operands.single(at.constant(4, Integer.MAX_VALUE));
      at.asm.v(VOp.VPBROADCASTD, four, d, large, false, most);
    } else {
      Vec large = at.temp(ins, 0);
      Vec number = at.temp(ins, 1);
      at.asm.v(VOp.VCMPPS, four, large, a, at.constant(4, TWO_TO_31), GE_ORDERED);
      at.asm.v(VOp.VCMPPS, four, number, a, a, ORDERED);
      at.asm.v(VOp.VCVTTPS2DQ, four, d, a);
      at.asm.v(VOp.VXORPS, four, d, d, large);
      at.asm.v(VOp.VANDPS, four, d, d, number);
    }
  }

  private void doubleToInt(Ins ins, Vec d, Vec a) {
    Vec t = at.temp(ins, 0);
    long most = Double.doubleToRawLongBits(Integer.MAX_VALUE);
    if (at.avx512) {
      Mask number = at.maskTemp(ins, 0);
      at.asm.v(VOp.VCMPPD, eight, number, a, a, ORDERED);
      at.asm.v(VOp.VMINPD, eight, t, number, true, a, at.constant(8, most));
    } else {
      at.asm.v(VOp.VCMPPD, eight, t, a, a, ORDERED);
      at.asm.v(VOp.VANDPD, eight, t, t, a);
      at.asm.v(VOp.VMINPD, eight, t, t, at.constant(8, most));
    }
    at.asm.v(VOp.VCVTTPD2DQ, eight, d, t);
  }

  private void toLong(Ins ins, Vec d, Vec a, boolean single) {
    if (at.avx512) {
      Mask number = at.maskTemp(ins, 0);
      Mask large = at.maskTemp(ins, 1);
      VOp compare = single ? VOp.VCMPPS : VOp.VCMPPD;
      Width w = single ? four : eight;
      Mem limit = single ? at.constant(4, TWO_TO_63) : at.constant(8, TWO_TO_63_DOUBLE);
      at.asm.v(compare, w, number, a, a, ORDERED);
      at.asm.v(compare, w, large, a, limit, GE_ORDERED);
      at.asm.v(single ? VOp.VCVTTPS2QQ : VOp.VCVTTPD2QQ, eight, d, number, true, a);
      Mem most = Operands.single(at.constant(8, Long.MAX_VALUE));
      at.asm.v(VOp.VPBROADCASTQ, eight, d, large, false, most);
      return;
    }
    Vec x = at.temp(ins, 0);
    Vec t = at.temp(ins, 1);
    at.asm.v(single ? VOp.VCVTPS2PD : VOp.VMOVAPD, eight, x, a);
    at.asm.store(VOp.VMOVUPD, eight, work(0), x);
    for (int j = 0; j < at.seq.lanes; j++) {
      at.asm.v(VOp.VMOVSD, Width.S, t, work(8 * j));
      at.asm.v(VOp.VCVTTSD2SI_Q, Width.S, Gpr.RAX, t);
      at.asm.mov(work(8 * j), Gpr.RAX);
    }
    at.asm.v(VOp.VCMPPD, eight, t, x, at.constant(8, TWO_TO_63_DOUBLE), GE_ORDERED);
    at.asm.v(VOp.VCMPPD, eight, x, x, x, ORDERED);
    at.asm.v(VOp.VXORPD, eight, d, t, work(0));
    at.asm.v(VOp.VANDPD, eight, d, d, x);
  }

  private Mem work(int byteOffset) {
    return at.frame.at(Frame.WORK + byteOffset);
  }

  private void fromLong(Ins ins, Vec d, Vec a) {
    if (at.avx512) {
      VOp op =
          switch (ins.to) {
            case F32 -> VOp.VCVTQQ2PS;
            case F64 -> VOp.VCVTQQ2PD;
            default -> VOp.VPMOVQD;
          };
      at.asm.v(op, eight, d, a);
    } else if (ins.to == DType.I32) {
      narrow(d, a, at.temp(ins, 0));
    } else {
      boolean single = ins.to == DType.F32;
      Vec t = at.temp(ins, 0);
      at.asm.store(VOp.VMOVUPD, eight, work(0), a);
      for (int j = 0; j < at.seq.lanes; j++) {
        at.asm.mov(Gpr.RAX, work(8 * j));
        at.zero(t);
        at.asm.v(single ? VOp.VCVTSI2SS_Q : VOp.VCVTSI2SD_Q, Width.S, t, t, Gpr.RAX);
        Mem to = at.frame.at(Frame.SECOND_WORK + (single ? 4 : 8) * j);
        at.asm.store(single ? VOp.VMOVSS : VOp.VMOVSD, Width.S, to, t);
      }
      at.asm.v(VOp.VMOVUPS, single ? four : eight, d, at.frame.at(Frame.SECOND_WORK));
    }
  }

  /// The low halves of lanes of eight bytes.
  private void narrow(Vec d, Vec a, Vec t) {
    if (eight == Width.X) {
      at.asm.v(VOp.VSHUFPS, Width.X, d, a, a, 0x88);
    } else {
      at.asm.v(VOp.VEXTRACTF128, Width.Y, t, a, 1);
      at.asm.v(VOp.VSHUFPS, Width.X, d, a, t, 0x88);
    }
  }

  /// AVX2: a mask for lanes of another size.
  void resize(Ins ins) {
    if (ins.dst().size == 8) {
      at.asm.v(VOp.VPMOVSXDQ, eight, at.dst(ins), at.reg(ins, 0));
    } else {
      narrow(at.dst(ins), at.reg(ins, 0), at.temp(ins, 0));
    }
  }
}
