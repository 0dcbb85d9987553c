package dev.retrograde.x64.asm;

import org.jspecify.annotations.Nullable;

/// The vector instructions by the shape of their operands, each with its line in the listing.
final class VectorInstructions {
  private final CodeBuffer out;
  private final VectorEncoder encoder;
  private final @Nullable Listing listing;

  VectorInstructions(CodeBuffer out, @Nullable Listing listing) {
    this.out = out;
    this.encoder = new VectorEncoder(out);
    this.listing = listing;
  }

  void rm(VOp op, Width w, Vec dst, Mask k, boolean zero, VecOrMem b) {
    int at = out.position();
    if (op.form() == Form.MR && b instanceof Vec source) {
      VectorEncoder.check(op, w, Form.MR, Form.MR);
      encoder.emit(op, op.opcode(), w, source.index(), 0, dst, k, zero, false, false, 0);
      if (listing != null) {
        note(at, result(op, w, dst, k, zero).vec(source, w));
      }
      return;
    }
    if (op.form() == Form.RG && b instanceof Mem) {
      VectorEncoder.check(op, w, Form.RG, Form.RG);
      requireStore(op);
    } else {
      VectorEncoder.check(op, w, Form.RM, Form.RM);
      if (b instanceof Vec && op.tuple() == Tuple.ONE && op.hasStore()) {
        throw new IllegalArgumentException(
            op + ": between registers this takes (dst, a, b); use " + op + "_R");
      }
    }
    encoder.emit(op, op.opcode(), w, dst.index(), 0, b, k, zero, false, false, 0);
    if (listing != null) {
      Text text = new Text(op.mnemonic()).vec(dst, op.tuple().result(w)).masked(k, zero);
      note(at, last(text, op, w, b));
    }
  }

  void rmi(VOp op, Width w, Vec dst, Mask k, boolean zero, VecOrMem b, int imm) {
    int at = out.position();
    switch (op.form()) {
      case VMI -> {
        VectorEncoder.check(op, w, Form.VMI, Form.VMI);
        boolean evexOnly = b instanceof Mem;
        encoder.emit(op, op.opcode(), w, op.extra(), dst.index(), b, k, zero, evexOnly, false, 1);
      }
      case MRI -> {
        VectorEncoder.check(op, w, Form.MRI, Form.MRI);
        if (!(b instanceof Vec source)) {
          throw new IllegalArgumentException(
              op + ": expected a register as source, found memory; load it first");
        }
        encoder.emit(op, op.opcode(), w, source.index(), 0, dst, k, zero, false, false, 1);
        encoder.immediate(imm);
        if (listing != null) {
          note(at, result(op, w, dst, k, zero).vec(source, w).imm(imm & 0xFF));
        }
        return;
      }
      case RM, RMI, RVM, RVMI, RVMR, MR, CMP, CMPI, KM, RK, RG, RVG, GM, GATHER, SCATTER -> {
        VectorEncoder.check(op, w, Form.RMI, Form.RMI);
        encoder.emit(op, op.opcode(), w, dst.index(), 0, b, k, zero, false, false, 1);
      }
    }
    encoder.immediate(imm);
    if (listing != null) {
      Text text = new Text(op.mnemonic()).vec(dst, w).masked(k, zero);
      note(at, last(text, op, w, b).imm(imm & 0xFF));
    }
  }

  void rvm(VOp op, Width w, Vec dst, Mask k, boolean zero, Vec a, VecOrMem b) {
    VectorEncoder.check(op, w, Form.RVM, Form.CMP);
    int at = out.position();
    boolean compare = op.form() == Form.CMP;
    encoder.emit(op, op.opcode(), w, dst.index(), a.index(), b, k, zero, false, compare, 0);
    if (listing != null) {
      Text text = new Text(op.mnemonic()).vec(dst, w).masked(k, zero).vec(a, w);
      note(at, last(text, op, w, b));
    }
  }

  void rvmi(VOp op, Width w, Vec dst, Mask k, boolean zero, Vec a, VecOrMem b, int imm) {
    VectorEncoder.check(op, w, Form.RVMI, Form.CMPI);
    int at = out.position();
    boolean compare = op.form() == Form.CMPI;
    encoder.emit(op, op.opcode(), w, dst.index(), a.index(), b, k, zero, false, compare, 1);
    encoder.immediate(imm);
    if (listing != null) {
      Text text = new Text(op.mnemonic()).vec(dst, w).masked(k, zero).vec(a, w);
      note(at, last(text, op, w, b).imm(imm & 0xFF));
    }
  }

  void rvmr(VOp op, Width w, Vec dst, Vec a, VecOrMem b, Vec selector) {
    VectorEncoder.check(op, w, Form.RVMR, Form.RVMR);
    if (selector.index() > 15) {
      throw new IllegalArgumentException(
          op + ": the selector has to be one of the registers 0 to 15, found " + selector);
    }
    int at = out.position();
    encoder.emit(op, op.opcode(), w, dst.index(), a.index(), b, Mask.K0, false, false, true, 1);
    encoder.immediate(selector.index() << 4);
    if (listing != null) {
      Text text = new Text(op.mnemonic()).vec(dst, w).vec(a, w);
      note(at, last(text, op, w, b).vec(selector, w));
    }
  }

  void compare(VOp op, Width w, Mask dst, Mask k, Vec a, VecOrMem b) {
    VectorEncoder.check(op, w, Form.CMP, Form.CMP);
    int at = out.position();
    encoder.emit(op, op.opcode(), w, dst.code(), a.index(), b, k, false, true, false, 0);
    if (listing != null) {
      Text text = new Text(op.mnemonic()).word(dst.text()).masked(k, false).vec(a, w);
      note(at, last(text, op, w, b));
    }
  }

  void compare(VOp op, Width w, Mask dst, Mask k, Vec a, VecOrMem b, int imm) {
    VectorEncoder.check(op, w, Form.CMPI, Form.CMPI);
    int at = out.position();
    encoder.emit(op, op.opcode(), w, dst.code(), a.index(), b, k, false, true, false, 1);
    encoder.immediate(imm);
    if (listing != null) {
      Text text = new Text(op.mnemonic()).word(dst.text()).masked(k, false).vec(a, w);
      note(at, last(text, op, w, b).imm(imm & 0xFF));
    }
  }

  void toMask(VOp op, Width w, Mask dst, Vec src) {
    VectorEncoder.check(op, w, Form.KM, Form.KM);
    int at = out.position();
    encoder.emit(op, op.opcode(), w, dst.code(), 0, src, Mask.K0, false, true, false, 0);
    if (listing != null) {
      note(at, new Text(op.mnemonic()).word(dst.text()).vec(src, w));
    }
  }

  void fromMask(VOp op, Width w, Vec dst, Mask src) {
    VectorEncoder.check(op, w, Form.RK, Form.RK);
    int at = out.position();
    encoder.emit(
        op, op.opcode(), w, dst.index(), 0, src.code(), null, Mask.K0, false, true, false, 0);
    if (listing != null) {
      note(at, new Text(op.mnemonic()).vec(dst, w).word(src.text()));
    }
  }

  void fromGpr(VOp op, Width w, Vec dst, Mask k, boolean zero, Gpr src) {
    VectorEncoder.check(op, w, Form.RG, Form.RG);
    int at = out.position();
    encoder.emit(op, op.opcode(), w, dst.index(), 0, src.code(), null, k, zero, false, false, 0);
    if (listing != null) {
      note(at, result(op, w, dst, k, zero).gpr(src, op.elementBytes()));
    }
  }

  void fromGpr(VOp op, Width w, Vec dst, Vec a, Gpr src) {
    VectorEncoder.check(op, w, Form.RVG, Form.RVG);
    int at = out.position();
    encoder.emit(
        op,
        op.opcode(),
        w,
        dst.index(),
        a.index(),
        src.code(),
        null,
        Mask.K0,
        false,
        false,
        false,
        0);
    if (listing != null) {
      note(at, new Text(op.mnemonic()).vec(dst, w).vec(a, w).gpr(src, op.elementBytes()));
    }
  }

  void toGpr(VOp op, Width w, Gpr dst, Vec src) {
    int at = out.position();
    int size;
    if (op.form() == Form.RG) {
      VectorEncoder.check(op, w, Form.RG, Form.RG);
      requireStore(op);
      size = op.elementBytes();
      encoder.emit(
          op, op.extra(), w, src.index(), 0, dst.code(), null, Mask.K0, false, false, false, 0);
    } else {
      VectorEncoder.check(op, w, Form.GM, Form.GM);
      size = op.enc().vexW() == 1 ? 8 : 4;
      encoder.emit(op, op.opcode(), w, dst.code(), 0, src, Mask.K0, false, false, false, 0);
    }
    if (listing != null) {
      note(at, new Text(op.mnemonic()).gpr(dst, size).vec(src, w));
    }
  }

  void store(VOp op, Width w, Mem dst, Mask k, Vec src) {
    int opcode = op.opcode();
    if (op.form() == Form.RG) {
      VectorEncoder.check(op, w, Form.RG, Form.RG);
      requireStore(op);
      opcode = op.extra();
    } else {
      VectorEncoder.check(op, w, Form.MR, Form.RM);
      if (op.form() == Form.RM) {
        requireStore(op);
        opcode = op.extra();
      }
    }
    requireNoBroadcast(op, dst);
    int at = out.position();
    encoder.emit(op, opcode, w, src.index(), 0, dst, k, false, false, false, 0);
    if (listing != null) {
      Text text = last(new Text(op.mnemonic()), op, w, dst);
      note(at, text.masked(k, false).vec(src, w));
    }
  }

  void store(VOp op, Width w, Mem dst, Mask k, Vec src, int imm) {
    VectorEncoder.check(op, w, Form.MRI, Form.MRI);
    requireNoBroadcast(op, dst);
    int at = out.position();
    encoder.emit(op, op.opcode(), w, src.index(), 0, dst, k, false, false, false, 1);
    encoder.immediate(imm);
    if (listing != null) {
      Text text = last(new Text(op.mnemonic()), op, w, dst);
      note(at, text.masked(k, false).vec(src, w).imm(imm & 0xFF));
    }
  }

  void store(VOp op, Width w, Mem dst, Vec mask, Vec src) {
    VectorEncoder.check(op, w, Form.RVM, Form.RVM);
    requireStore(op);
    requireNoBroadcast(op, dst);
    int at = out.position();
    encoder.emit(op, op.extra(), w, src.index(), mask.index(), dst, Mask.K0, false, false, true, 0);
    if (listing != null) {
      note(at, last(new Text(op.mnemonic()), op, w, dst).vec(mask, w).vec(src, w));
    }
  }

  void gather(VOp op, Width w, Vec dst, Mem from, Vec mask) {
    VectorEncoder.check(op, w, Form.GATHER, Form.GATHER);
    Vec index = from.vectorIndex();
    if (dst == mask || dst == index || mask == index) {
      throw new IllegalArgumentException(
          op
              + ": result, indices and mask have to be three registers, found "
              + dst
              + ", "
              + index
              + ", "
              + mask);
    }
    int at = out.position();
    encoder.emit(
        op, op.opcode(), w, dst.index(), mask.index(), from, Mask.K0, false, false, true, 0);
    if (listing != null) {
      note(at, last(new Text(op.mnemonic()).vec(dst, w), op, w, from).vec(mask, w));
    }
  }

  void gather(VOp op, Width w, Vec dst, Mask k, Mem from) {
    VectorEncoder.check(op, w, Form.GATHER, Form.GATHER);
    requireMask(op, k);
    if (dst == from.vectorIndex()) {
      throw new IllegalArgumentException(
          op + ": result and indices have to be two registers, found " + dst + " twice");
    }
    int at = out.position();
    encoder.emit(op, op.opcode(), w, dst.index(), 0, from, k, false, true, false, 0);
    if (listing != null) {
      note(at, last(new Text(op.mnemonic()).vec(dst, w).masked(k, false), op, w, from));
    }
  }

  void scatter(VOp op, Width w, Mem to, Mask k, Vec src) {
    VectorEncoder.check(op, w, Form.SCATTER, Form.SCATTER);
    requireMask(op, k);
    int at = out.position();
    encoder.emit(op, op.opcode(), w, src.index(), 0, to, k, false, true, false, 0);
    if (listing != null) {
      note(at, last(new Text(op.mnemonic()), op, w, to).masked(k, false).vec(src, w));
    }
  }

  private static void requireStore(VOp op) {
    if (!op.hasStore()) {
      throw new IllegalArgumentException(
          op + " is a load only or reads registers only; store with one of the VMOV rows of VOp");
    }
  }

  private static void requireNoBroadcast(VOp op, Mem dst) {
    if (dst.broadcast()) {
      throw new IllegalArgumentException(op + ": a store cannot broadcast");
    }
  }

  private static void requireMask(VOp op, Mask k) {
    if (k == Mask.K0) {
      throw new IllegalArgumentException(
          op + " needs a mask of K1 to K7, which it clears as it goes, found K0");
    }
  }

  private void note(int at, Text text) {
    if (listing != null) {
      listing.add(at, text.toString());
    }
  }

  private static Text result(VOp op, Width w, Vec dst, Mask k, boolean zero) {
    boolean narrow = op.form() == Form.MR || op.form() == Form.MRI;
    Width width = narrow ? op.tuple().memorySide(w) : w;
    return new Text(op.mnemonic()).vec(dst, width).masked(k, zero);
  }

  private static Text last(Text text, VOp op, Width w, VecOrMem b) {
    return switch (b) {
      case Vec v -> text.vec(v, op.tuple().memorySide(w));
      case Mem m -> {
        int element = op.elementBytes();
        int size = m.broadcast() ? element : op.tuple().bytes(w, element);
        yield text.mem(m, size, element == 8 ? w.half() : w);
      }
    };
  }
}
