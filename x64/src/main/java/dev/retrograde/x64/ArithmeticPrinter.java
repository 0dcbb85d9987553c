package dev.retrograde.x64;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.x64.asm.Cond;
import dev.retrograde.x64.asm.Gpr;
import dev.retrograde.x64.asm.KOp;
import dev.retrograde.x64.asm.Label;
import dev.retrograde.x64.asm.Lanes;
import dev.retrograde.x64.asm.Mem;
import dev.retrograde.x64.asm.VOp;
import dev.retrograde.x64.asm.Vec;
import dev.retrograde.x64.asm.VecOrMem;
import dev.retrograde.x64.asm.Width;

/// Prints primitives, copies, indices and swaps of lanes.
final class ArithmeticPrinter {
  private final Operands at;
  private final ComparisonPrinter comparisons;

  ArithmeticPrinter(Operands at) {
    this.at = at;
    this.comparisons = new ComparisonPrinter(at);
  }

  void print(Ins ins) {
    Primitive fn = Demands.primitive(ins);
    switch (fn) {
      case LT, LE, EQ, NE -> comparisons.print(ins);
      case SELECT -> comparisons.select(ins);
      case FMA -> multiplyAdd(ins);
      case ADD, MUL, AND, OR, XOR -> {
        if (ins.type == DType.BOOL && at.avx512) {
          masks(ins, fn);
        } else if (fn == Primitive.MUL && ins.type == DType.I64 && !at.avx512) {
          multiplyLongs(ins);
        } else {
          commutative(ins, VectorOps.of(fn, ins.type));
        }
      }
      case MIN, MAX -> {
        if (ins.type.isFloat()) {
          binary(ins, VectorOps.of(fn, ins.type));
        } else if (ins.type == DType.I64 && !at.avx512) {
          lesserOrGreater(ins, fn == Primitive.MIN);
        } else {
          commutative(ins, VectorOps.of(fn, ins.type));
        }
      }
      case SUB -> binary(ins, VectorOps.of(fn, ins.type));
      case DIV -> {
        if (ins.type.isFloat()) {
          binary(ins, VectorOps.of(fn, ins.type));
        } else {
          divide(ins);
        }
      }
      case SHL, SHR, USHR -> shift(ins, fn);
      case SQRT, POPCOUNT -> unary(ins, VectorOps.of(fn, ins.type));
      case ABS -> {
        if (ins.type == DType.I64 && !at.avx512) {
          absoluteLongs(ins);
        } else {
          unary(ins, VectorOps.of(fn, ins.type));
        }
      }
      case FLOOR -> round(ins, 9);
      case ROUND -> round(ins, 8);
      case NOT -> at.asm.k(KOp.KNOT, Lanes.W, at.dstMask(ins), at.mask(ins, 0));
      case NEG, BITS -> throw new AssertionError(fn + " is printed as another primitive");
    }
  }

  private Width width(Ins ins) {
    return at.width(ins.dst().size);
  }

  private void unary(Ins ins, VOp op) {
    at.asm.v(op, width(ins), at.dst(ins), at.at(ins, 0));
  }

  private void binary(Ins ins, VOp op) {
    at.asm.v(op, width(ins), at.dst(ins), at.reg(ins, 0), at.at(ins, 1));
  }

  private void commutative(Ins ins, VOp op) {
    if (at.inMemory(ins, 0)) {
      at.asm.v(op, width(ins), at.dst(ins), at.reg(ins, 1), at.at(ins, 0));
    } else {
      binary(ins, op);
    }
  }

  private void masks(Ins ins, Primitive fn) {
    KOp op =
        switch (fn) {
          case AND -> KOp.KAND;
          case OR -> KOp.KOR;
          default -> KOp.KXOR;
        };
    at.asm.k(op, Lanes.W, at.dstMask(ins), at.mask(ins, 0), at.mask(ins, 1));
  }

  /// The form whose result takes the register of an operand that ends, or a copied addend.
  private void multiplyAdd(Ins ins) {
    boolean f32 = ins.type == DType.F32;
    Width w = width(ins);
    Vec d = at.dst(ins);
    int n = d.index();
    int x = ins.argRegister[0];
    int y = ins.argRegister[1];
    int z = ins.argRegister[2];
    if (n != x && n != y && n != z) {
      if (z < 0) {
        VecOrMem addend = at.at(ins, 2);
        at.move(d, w, f32 ? 4 : 8, addend);
      } else {
        at.asm.v(VOp.VMOVAPS, w, d, Vec.of(z));
      }
      z = n;
    }
    if (n == z) {
      int register = x < 0 ? 1 : 0;
      VecOrMem other = at.at(ins, 1 - register);
      at.asm.v(f32 ? VOp.VFMADD231PS : VOp.VFMADD231PD, w, d, at.reg(ins, register), other);
      return;
    }
    int factor = n == x ? 1 : 0;
    if (at.inMemory(ins, factor)) {
      at.asm.v(f32 ? VOp.VFMADD132PS : VOp.VFMADD132PD, w, d, Vec.of(z), at.at(ins, factor));
    } else {
      at.asm.v(f32 ? VOp.VFMADD213PS : VOp.VFMADD213PD, w, d, at.reg(ins, factor), at.at(ins, 2));
    }
  }

  private void shift(Ins ins, Primitive fn) {
    Width w = width(ins);
    boolean i32 = ins.type == DType.I32;
    Vec d = at.dst(ins);
    boolean signed64 = fn == Primitive.SHR && !i32 && !at.avx512;
    if (ins.count >= 0 && !signed64) {
      VOp op =
          switch (fn) {
            case SHL -> i32 ? VOp.VPSLLD_I : VOp.VPSLLQ_I;
            case SHR -> i32 ? VOp.VPSRAD_I : VOp.VPSRAQ_I;
            default -> i32 ? VOp.VPSRLD_I : VOp.VPSRLQ_I;
          };
      at.asm.v(op, w, d, at.reg(ins, 0), ins.count);
    } else if (!signed64) {
      binary(ins, VectorOps.of(fn, ins.type));
    } else {
      // Shift the bits that differ from the sign.
      Vec sign = at.temp(ins, 0);
      at.asm.v(VOp.VXORPS, w, sign, sign, sign);
      at.asm.v(VOp.VPCMPGTQ, w, sign, sign, at.reg(ins, 0));
      at.asm.v(VOp.VXORPS, w, d, at.reg(ins, 0), sign);
      if (ins.count >= 0) {
        at.asm.v(VOp.VPSRLQ_I, w, d, d, ins.count);
      } else {
        at.asm.v(VOp.VPSRLVQ, w, d, d, at.reg(ins, 1));
      }
      at.asm.v(VOp.VXORPS, w, d, d, sign);
    }
  }

  private void round(Ins ins, int mode) {
    boolean f32 = ins.type == DType.F32;
    VOp op =
        at.avx512 ? (f32 ? VOp.VRNDSCALEPS : VOp.VRNDSCALEPD) : (f32 ? VOp.VROUNDPS : VOp.VROUNDPD);
    at.asm.v(op, width(ins), at.dst(ins), at.at(ins, 0), mode);
  }

  private void multiplyLongs(Ins ins) {
    Width w = width(ins);
    Vec a = at.reg(ins, 0);
    Vec b = at.reg(ins, 1);
    Vec s = at.temp(ins, 0);
    Vec t = at.temp(ins, 1);
    at.asm.v(VOp.VPSRLQ_I, w, s, a, 32);
    at.asm.v(VOp.VPMULUDQ, w, s, s, b);
    at.asm.v(VOp.VPSRLQ_I, w, t, b, 32);
    at.asm.v(VOp.VPMULUDQ, w, t, t, a);
    at.asm.v(VOp.VPADDQ, w, s, s, t);
    at.asm.v(VOp.VPSLLQ_I, w, s, s, 32);
    at.asm.v(VOp.VPMULUDQ, w, at.dst(ins), a, b);
    at.asm.v(VOp.VPADDQ, w, at.dst(ins), at.dst(ins), s);
  }

  private void lesserOrGreater(Ins ins, boolean lesser) {
    Width w = width(ins);
    Vec a = at.reg(ins, 0);
    Vec b = at.reg(ins, 1);
    Vec greater = at.temp(ins, 0);
    at.asm.v(VOp.VPCMPGTQ, w, greater, a, b);
    at.asm.v(VOp.VBLENDVPD, w, at.dst(ins), lesser ? a : b, lesser ? b : a, greater);
  }

  private void absoluteLongs(Ins ins) {
    Width w = width(ins);
    Vec sign = at.temp(ins, 0);
    at.asm.v(VOp.VXORPS, w, sign, sign, sign);
    at.asm.v(VOp.VPCMPGTQ, w, sign, sign, at.reg(ins, 0));
    at.asm.v(VOp.VXORPS, w, at.dst(ins), at.reg(ins, 0), sign);
    at.asm.v(VOp.VPSUBQ, w, at.dst(ins), at.dst(ins), sign);
  }

  /// Divides integers one by one; a divisor of -1 apart, since the smallest number has no negative.
  private void divide(Ins ins) {
    Width w = width(ins);
    boolean i32 = ins.type == DType.I32;
    int size = i32 ? 4 : 8;
    Mem dividend = Mem.at(Gpr.RSP, Gpr.RCX, size, Frame.WORK - size);
    Mem divisor = Mem.at(Gpr.RSP, Gpr.RCX, size, Frame.SECOND_WORK - size);
    at.asm.store(VOp.VMOVUPS, w, at.frame.at(Frame.WORK), at.reg(ins, 0));
    at.asm.store(VOp.VMOVUPS, w, at.frame.at(Frame.SECOND_WORK), at.reg(ins, 1));
    at.asm.mov(at.frame.at(Frame.SAVED_RDX), Gpr.RDX);
    at.asm.mov(at.frame.at(Frame.SAVED_R8), Gpr.R8);
    at.asm.mov(Gpr.RCX, at.seq.lanes);
    Label next = at.asm.here();
    Label zero = at.asm.newLabel();
    Label negate = at.asm.newLabel();
    Label done = at.asm.newLabel();
    if (i32) {
      at.asm.movsxd(Gpr.R8, divisor);
      at.asm.movsxd(Gpr.RAX, dividend);
    } else {
      at.asm.mov(Gpr.R8, divisor);
      at.asm.mov(Gpr.RAX, dividend);
    }
    at.asm.test(Gpr.R8, Gpr.R8);
    at.asm.j(Cond.E, zero);
    at.asm.cmp(Gpr.R8, -1);
    at.asm.j(Cond.E, negate);
    at.asm.cqo();
    at.asm.idiv(Gpr.R8);
    at.asm.jmp(done);
    at.asm.bind(zero);
    at.asm.zero(Gpr.RAX);
    at.asm.jmp(done);
    at.asm.bind(negate);
    at.asm.neg(Gpr.RAX);
    at.asm.bind(done);
    if (i32) {
      at.asm.mov32(dividend, Gpr.RAX);
    } else {
      at.asm.mov(dividend, Gpr.RAX);
    }
    at.asm.dec(Gpr.RCX);
    at.asm.j(Cond.NE, next);
    at.asm.mov(Gpr.RDX, at.frame.at(Frame.SAVED_RDX));
    at.asm.mov(Gpr.R8, at.frame.at(Frame.SAVED_R8));
    at.asm.v(VOp.VMOVUPS, w, at.dst(ins), at.frame.at(Frame.WORK));
  }

  void copy(Ins ins) {
    if (ins.args.length == 0) {
      at.zero(at.dst(ins));
    } else if (at.inMemory(ins, 0)) {
      at.reload(ins.args[0], ins.dstRegister);
    } else if (ins.dstRegister == ins.argRegister[0]) {
      return;
    } else if (ins.dst().mask) {
      at.asm.kmov(Lanes.W, at.dstMask(ins), at.mask(ins, 0));
    } else {
      at.asm.v(VOp.VMOVAPS, width(ins), at.dst(ins), at.reg(ins, 0));
    }
  }

  void index(Ins ins) {
    Width w = width(ins);
    Vec d = at.dst(ins);
    Family f = ins.address().family();
    at.flush(f);
    Gpr r = at.base(f);
    if (at.avx512) {
      at.asm.v(VOp.VPBROADCASTD_R, w, d, r);
    } else {
      at.asm.v(VOp.VMOVD, Width.X, d, r);
      at.asm.v(VOp.VPBROADCASTD, w, d, d);
    }
    at.asm.v(VOp.VPADDD, w, d, d, at.at(ins, 0));
  }

  /// Lane j takes lane `j xor distance`.
  void swap(Ins ins) {
    Width w = width(ins);
    int bytes = ins.count * ins.dst().size;
    Vec d = at.dst(ins);
    Vec a = at.reg(ins, 0);
    switch (bytes) {
      case 4 -> at.asm.v(VOp.VPERMILPS_I, w, d, a, 0xB1);
      case 8 -> at.asm.v(VOp.VPERMILPS_I, w, d, a, 0x4E);
      case 16 -> {
        if (w == Width.Z) {
          at.asm.v(VOp.VSHUFF32X4, w, d, a, a, 0xB1);
        } else if (at.avx512) {
          at.asm.v(VOp.VSHUFF32X4, w, d, a, a, 1);
        } else {
          at.asm.v(VOp.VPERM2F128, w, d, a, a, 1);
        }
      }
      case 32 -> at.asm.v(VOp.VSHUFF32X4, w, d, a, a, 0x4E);
      default -> throw new AssertionError("no swap over " + bytes + " bytes");
    }
  }
}
