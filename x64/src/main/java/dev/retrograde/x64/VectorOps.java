package dev.retrograde.x64;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.x64.asm.VOp;

/// The instruction of a primitive, where it is one.
final class VectorOps {
  private VectorOps() {}

  static VOp of(Primitive fn, DType t) {
    return switch (t) {
      case F32 -> f32(fn);
      case F64 -> f64(fn);
      case I32 -> i32(fn);
      case I64 -> i64(fn);
      case BOOL -> logic(fn, true);
      case BF16, I8, I16, U8, FRAME -> throw none(fn, t);
    };
  }

  private static VOp logic(Primitive fn, boolean single) {
    return switch (fn) {
      case AND -> single ? VOp.VANDPS : VOp.VANDPD;
      case OR -> single ? VOp.VORPS : VOp.VORPD;
      case XOR -> single ? VOp.VXORPS : VOp.VXORPD;
      default -> throw none(fn, DType.BOOL);
    };
  }

  private static VOp f32(Primitive fn) {
    return switch (fn) {
      case ADD -> VOp.VADDPS;
      case SUB -> VOp.VSUBPS;
      case MUL -> VOp.VMULPS;
      case DIV -> VOp.VDIVPS;
      case MIN -> VOp.VMINPS;
      case MAX -> VOp.VMAXPS;
      case SQRT -> VOp.VSQRTPS;
      default -> logic(fn, true);
    };
  }

  private static VOp f64(Primitive fn) {
    return switch (fn) {
      case ADD -> VOp.VADDPD;
      case SUB -> VOp.VSUBPD;
      case MUL -> VOp.VMULPD;
      case DIV -> VOp.VDIVPD;
      case MIN -> VOp.VMINPD;
      case MAX -> VOp.VMAXPD;
      case SQRT -> VOp.VSQRTPD;
      default -> logic(fn, false);
    };
  }

  private static VOp i32(Primitive fn) {
    return switch (fn) {
      case ADD -> VOp.VPADDD;
      case SUB -> VOp.VPSUBD;
      case MUL -> VOp.VPMULLD;
      case MIN -> VOp.VPMINSD;
      case MAX -> VOp.VPMAXSD;
      case ABS -> VOp.VPABSD;
      case SHL -> VOp.VPSLLVD;
      case SHR -> VOp.VPSRAVD;
      case USHR -> VOp.VPSRLVD;
      case POPCOUNT -> VOp.VPOPCNTD;
      default -> logic(fn, true);
    };
  }

  private static VOp i64(Primitive fn) {
    return switch (fn) {
      case ADD -> VOp.VPADDQ;
      case SUB -> VOp.VPSUBQ;
      case MUL -> VOp.VPMULLQ;
      case MIN -> VOp.VPMINSQ;
      case MAX -> VOp.VPMAXSQ;
      case ABS -> VOp.VPABSQ;
      case SHL -> VOp.VPSLLVQ;
      case SHR -> VOp.VPSRAVQ;
      case USHR -> VOp.VPSRLVQ;
      case POPCOUNT -> VOp.VPOPCNTQ;
      default -> logic(fn, false);
    };
  }

  private static AssertionError none(Primitive fn, DType t) {
    return new AssertionError("no instruction for " + fn.text() + " on " + t.text());
  }
}
