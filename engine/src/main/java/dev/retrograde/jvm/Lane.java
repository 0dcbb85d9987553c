package dev.retrograde.jvm;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/// Prints primitives and conversions over operands on the stack, with the meaning of `ScalarEval`.
final class Lane {
  private static final ClassDesc MATH = ClassDesc.of("java.lang.Math");
  private static final ClassDesc FLOAT = ClassDesc.of("java.lang.Float");
  private static final ClassDesc DOUBLE = ClassDesc.of("java.lang.Double");
  private static final ClassDesc INTEGER = ClassDesc.of("java.lang.Integer");
  private static final ClassDesc LONG = ClassDesc.of("java.lang.Long");
  private static final ClassDesc ARITHMETIC = ClassDesc.of(Arithmetic.class.getName());

  private static final ClassDesc F = ConstantDescs.CD_float;
  private static final ClassDesc D = ConstantDescs.CD_double;
  private static final ClassDesc I = ConstantDescs.CD_int;
  private static final ClassDesc J = ConstantDescs.CD_long;

  private final CodeBuilder c;

  Lane(CodeBuilder c) {
    this.c = c;
  }

  private void call(ClassDesc owner, String name, ClassDesc result, ClassDesc... params) {
    c.invokestatic(owner, name, MethodTypeDesc.of(result, params));
  }

  static ClassDesc desc(DType register) {
    return switch (register) {
      case F32 -> F;
      case F64 -> D;
      case I32, BOOL -> I;
      case I64 -> J;
      case BF16, I8, I16, U8, FRAME -> throw new AssertionError("no register holds " + register);
    };
  }

  /// A constant of a register type.
  void constant(DType d, long bits) {
    switch (d) {
      case F32 -> {
        float v = Float.intBitsToFloat((int) bits);
        if (v != v) {
          c.loadConstant((int) bits);
          call(FLOAT, "intBitsToFloat", F, I);
        } else {
          c.loadConstant(v);
        }
      }
      case F64 -> {
        double v = Double.longBitsToDouble(bits);
        if (v != v) {
          c.loadConstant(bits);
          call(DOUBLE, "longBitsToDouble", D, J);
        } else {
          c.loadConstant(v);
        }
      }
      case I32 -> c.loadConstant((int) bits);
      case I64 -> c.loadConstant(bits);
      case BOOL -> c.loadConstant(bits != 0 ? 1 : 0);
      case BF16, I8, I16, U8, FRAME -> throw new AssertionError("no register holds " + d);
    }
  }

  /// A primitive other than MIN, MAX and SELECT on floats, whose operands lie on the stack.
  ///
  /// @param shift the constant shift count, or -1: a constant count within range is on the stack as
  ///   an int
  void apply(Primitive p, DType t, int shift) {
    switch (t) {
      case F32, F64 -> real(p, t);
      case I32 -> integer(p, shift);
      case I64 -> wide(p, shift);
      case BOOL -> bool(p);
      case BF16, I8, I16, U8, FRAME -> throw noSuch(p, t);
    }
  }

  private void real(Primitive p, DType t) {
    boolean single = t == DType.F32;
    ClassDesc r = single ? F : D;
    switch (p) {
      case ADD -> c.with(op(single ? Opcode.FADD : Opcode.DADD));
      case SUB -> c.with(op(single ? Opcode.FSUB : Opcode.DSUB));
      case MUL -> c.with(op(single ? Opcode.FMUL : Opcode.DMUL));
      case DIV -> c.with(op(single ? Opcode.FDIV : Opcode.DDIV));
      case NEG -> c.with(op(single ? Opcode.FNEG : Opcode.DNEG));
      case FMA -> call(MATH, "fma", r, r, r, r);
      case ABS -> call(MATH, "abs", r, r);
      case SQRT -> throughDouble("sqrt", single);
      case FLOOR -> throughDouble("floor", single);
      case ROUND -> throughDouble("rint", single);
      case LT -> compare(single ? Opcode.FCMPG : Opcode.DCMPG, Opcode.IFLT);
      case LE -> compare(single ? Opcode.FCMPG : Opcode.DCMPG, Opcode.IFLE);
      case EQ -> compare(single ? Opcode.FCMPL : Opcode.DCMPL, Opcode.IFEQ);
      case NE -> compare(single ? Opcode.FCMPL : Opcode.DCMPL, Opcode.IFNE);
      case BITS -> {
        if (single) {
          call(FLOAT, "floatToRawIntBits", I, F);
        } else {
          call(DOUBLE, "doubleToRawLongBits", J, D);
        }
      }
      case MIN, MAX, SELECT, AND, OR, XOR, NOT, SHL, SHR, USHR, POPCOUNT -> throw noSuch(p, t);
    }
  }

  private void throughDouble(String name, boolean single) {
    if (single) {
      c.f2d();
    }
    call(MATH, name, D, D);
    if (single) {
      c.d2f();
    }
  }

  private static java.lang.classfile.Instruction op(Opcode o) {
    return java.lang.classfile.instruction.OperatorInstruction.of(o);
  }

  /// 1 where `branch` is taken after `comparison` (if any), else 0.
  private void compare(Opcode comparison, Opcode branch) {
    c.with(op(comparison));
    truth(branch);
  }

  private void truth(Opcode branch) {
    Label yes = c.newLabel();
    Label end = c.newLabel();
    c.branch(branch, yes);
    c.iconst_0();
    c.goto_(end);
    c.labelBinding(yes);
    c.iconst_1();
    c.labelBinding(end);
  }

  private void integer(Primitive p, int shift) {
    switch (p) {
      case ADD -> c.iadd();
      case SUB -> c.isub();
      case MUL -> c.imul();
      case DIV -> call(ARITHMETIC, "div", I, I, I);
      case NEG -> c.ineg();
      case ABS -> call(MATH, "abs", I, I);
      case MIN -> call(MATH, "min", I, I, I);
      case MAX -> call(MATH, "max", I, I, I);
      case LT -> truth(Opcode.IF_ICMPLT);
      case LE -> truth(Opcode.IF_ICMPLE);
      case EQ -> truth(Opcode.IF_ICMPEQ);
      case NE -> truth(Opcode.IF_ICMPNE);
      case AND -> c.iand();
      case OR -> c.ior();
      case XOR -> c.ixor();
      case NOT -> c.iconst_m1().ixor();
      case SHL -> shift(shift, Opcode.ISHL, "shl", I);
      case SHR -> shift(shift, Opcode.ISHR, "shr", I);
      case USHR -> shift(shift, Opcode.IUSHR, "ushr", I);
      case POPCOUNT -> call(INTEGER, "bitCount", I, I);
      case FLOOR, ROUND -> {}
      case BITS -> call(FLOAT, "intBitsToFloat", F, I);
      case FMA, SQRT, SELECT -> throw noSuch(p, DType.I32);
    }
  }

  private void wide(Primitive p, int shift) {
    switch (p) {
      case ADD -> c.ladd();
      case SUB -> c.lsub();
      case MUL -> c.lmul();
      case DIV -> call(ARITHMETIC, "div", J, J, J);
      case NEG -> c.lneg();
      case ABS -> call(MATH, "abs", J, J);
      case MIN -> call(MATH, "min", J, J, J);
      case MAX -> call(MATH, "max", J, J, J);
      case LT -> compare(Opcode.LCMP, Opcode.IFLT);
      case LE -> compare(Opcode.LCMP, Opcode.IFLE);
      case EQ -> compare(Opcode.LCMP, Opcode.IFEQ);
      case NE -> compare(Opcode.LCMP, Opcode.IFNE);
      case AND -> c.land();
      case OR -> c.lor();
      case XOR -> c.lxor();
      case NOT -> c.loadConstant(-1L).lxor();
      case SHL -> shift(shift, Opcode.LSHL, "shl", J);
      case SHR -> shift(shift, Opcode.LSHR, "shr", J);
      case USHR -> shift(shift, Opcode.LUSHR, "ushr", J);
      case POPCOUNT -> {
        call(LONG, "bitCount", I, J);
        c.i2l();
      }
      case FLOOR, ROUND -> {}
      case BITS -> call(DOUBLE, "longBitsToDouble", D, J);
      case FMA, SQRT, SELECT -> throw noSuch(p, DType.I64);
    }
  }

  private void shift(int constant, Opcode op, String function, ClassDesc t) {
    if (constant >= 0) {
      c.with(op(op));
    } else {
      call(ARITHMETIC, function, t, t, t);
    }
  }

  private void bool(Primitive p) {
    switch (p) {
      case AND -> c.iand();
      case OR -> c.ior();
      case XOR, NE -> c.ixor();
      case EQ -> {
        c.ixor();
        c.iconst_1().ixor();
      }
      case NOT -> c.iconst_1().ixor();
      case ADD, SUB, MUL, DIV, FMA, NEG, ABS, SQRT, MIN, MAX, FLOOR, ROUND ->
          throw noSuch(p, DType.BOOL);
      case LT, LE, SELECT, SHL, SHR, USHR, POPCOUNT, BITS -> throw noSuch(p, DType.BOOL);
    }
  }

  private static AssertionError noSuch(Primitive p, DType t) {
    return new AssertionError("no primitive " + p.text() + " on " + t.text());
  }

  /// Converts the value on the stack between register types.
  void cast(DType from, DType to) {
    if (from == to) {
      return;
    }
    if (to == DType.BOOL) {
      toBool(from);
      return;
    }
    switch (from) {
      case F32 -> {
        switch (to) {
          case F64 -> c.f2d();
          case I32 -> c.f2i();
          case I64 -> c.f2l();
          case F32, BOOL, BF16, I8, I16, U8, FRAME -> throw noCast(from, to);
        }
      }
      case F64 -> {
        switch (to) {
          case F32 -> c.d2f();
          case I32 -> c.d2i();
          case I64 -> c.d2l();
          case F64, BOOL, BF16, I8, I16, U8, FRAME -> throw noCast(from, to);
        }
      }
      case I32, BOOL -> {
        switch (to) {
          case F32 -> c.i2f();
          case F64 -> c.i2d();
          case I64 -> c.i2l();
          case I32 -> {}
          case BOOL, BF16, I8, I16, U8, FRAME -> throw noCast(from, to);
        }
      }
      case I64 -> {
        switch (to) {
          case F32 -> c.l2f();
          case F64 -> c.l2d();
          case I32 -> c.l2i();
          case I64, BOOL, BF16, I8, I16, U8, FRAME -> throw noCast(from, to);
        }
      }
      case BF16, I8, I16, U8, FRAME -> throw noCast(from, to);
    }
  }

  private void toBool(DType from) {
    switch (from) {
      case F32, F64, I64 -> {
        constant(from, 0);
        apply(Primitive.NE, from, -1);
      }
      case I32 -> truth(Opcode.IFNE);
      case BOOL, BF16, I8, I16, U8, FRAME -> throw noCast(from, DType.BOOL);
    }
  }

  private static AssertionError noCast(DType from, DType to) {
    return new AssertionError("no cast from " + from.text() + " to " + to.text());
  }

  /// Converts the register on the stack to what a setter of the storage type takes.
  void narrow(DType from, DType storage) {
    switch (storage) {
      case F32, F64, I32, I64, BOOL -> cast(from, storage);
      case FRAME -> cast(from, DType.I64);
      case BF16 -> {
        cast(from, DType.F32);
        call(ARITHMETIC, "bf16", I, F);
      }
      case I8 -> small(from, -128, 127);
      case I16 -> small(from, -32768, 32767);
      case U8 -> small(from, 0, 255);
    }
    switch (storage) {
      case I8, U8, BOOL -> c.i2b();
      case I16, BF16 -> c.i2s();
      case F32, F64, I32, I64, FRAME -> {}
    }
  }

  private void small(DType from, int least, int most) {
    if (!from.isFloat()) {
      cast(from, DType.I32);
      return;
    }
    cast(from, DType.F64);
    c.loadConstant(least).loadConstant(most);
    call(ARITHMETIC, "clamp", I, D, I, I);
  }

  /// Converts what a getter of the storage type gives to the register type that widens it.
  void widen(DType storage) {
    switch (storage) {
      case BF16 -> {
        c.bipush(16).ishl();
        call(FLOAT, "intBitsToFloat", F, I);
      }
      case U8 -> c.sipush(255).iand();
      case BOOL -> truth(Opcode.IFNE);
      case F32, F64, I8, I16, I32, I64, FRAME -> {}
    }
  }
}
