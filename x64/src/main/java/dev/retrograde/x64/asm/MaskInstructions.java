package dev.retrograde.x64.asm;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The instructions on mask registers, each with its line in the listing.
final class MaskInstructions {
  private final CodeBuffer out;
  private final @Nullable Listing listing;

  MaskInstructions(CodeBuffer out, @Nullable Listing listing) {
    this.out = out;
    this.listing = listing;
  }

  void kmov(Lanes lanes, Mask dst, Mask src) {
    int at = out.position();
    kVex(lanes.prefix(), lanes.w(), 0, 0x90, dst.code(), 0, src.code());
    if (listing != null) {
      note(at, kmov(lanes).word(dst.text()).word(src.text()));
    }
  }

  void kmov(Lanes lanes, Mask dst, Gpr src) {
    int at = out.position();
    kVex(gprPrefix(lanes), lanes == Lanes.Q ? 1 : 0, 0, 0x92, dst.code(), 0, src.code());
    if (listing != null) {
      note(at, kmov(lanes).word(dst.text()).gpr(src, lanes == Lanes.Q ? 8 : 4));
    }
  }

  void kmov(Lanes lanes, Gpr dst, Mask src) {
    int at = out.position();
    kVex(gprPrefix(lanes), lanes == Lanes.Q ? 1 : 0, 0, 0x93, dst.code(), 0, src.code());
    if (listing != null) {
      note(at, kmov(lanes).gpr(dst, lanes == Lanes.Q ? 8 : 4).word(src.text()));
    }
  }

  void kmov(Lanes lanes, Mask dst, Mem src) {
    int at = out.position();
    kMemory(lanes, 0x90, dst, src);
    if (listing != null) {
      note(at, kmov(lanes).word(dst.text()).mem(src, lanes.bytes(), Width.X));
    }
  }

  void kmov(Lanes lanes, Mem dst, Mask src) {
    int at = out.position();
    kMemory(lanes, 0x91, src, dst);
    if (listing != null) {
      note(at, kmov(lanes).mem(dst, lanes.bytes(), Width.X).word(src.text()));
    }
  }

  void k(KOp op, Lanes lanes, Mask dst, Mask a, Mask b) {
    requireOperands(op, 3);
    int at = out.position();
    kVex(lanes.prefix(), lanes.w(), 1, op.opcode(), dst.code(), a.code(), b.code());
    if (listing != null) {
      note(at, new Text(op.mnemonic(lanes)).word(dst.text()).word(a.text()).word(b.text()));
    }
  }

  void k(KOp op, Lanes lanes, Mask dst, Mask src) {
    requireOperands(op, 2);
    int at = out.position();
    kVex(lanes.prefix(), lanes.w(), 0, op.opcode(), dst.code(), 0, src.code());
    if (listing != null) {
      note(at, new Text(op.mnemonic(lanes)).word(dst.text()).word(src.text()));
    }
  }

  void kshiftl(Lanes lanes, Mask dst, Mask src, int count) {
    shift("kshiftl", 0x32, lanes, dst, src, count);
  }

  void kshiftr(Lanes lanes, Mask dst, Mask src, int count) {
    shift("kshiftr", 0x30, lanes, dst, src, count);
  }

  private void kVex(int prefix, int w, int length, int opcode, int reg, int vvvv, int rm) {
    VectorEncoder.vexPrefix(out, VOpColumns.M0F, prefix, w, length, reg >> 3, 0, rm >> 3, vvvv);
    out.put(opcode);
    out.modRegister(reg, rm);
  }

  private void kMemory(Lanes lanes, int opcode, Mask reg, Mem m) {
    GprEncoder.check(out, m);
    VectorEncoder.vexPrefix(
        out,
        VOpColumns.M0F,
        lanes.prefix(),
        lanes.w(),
        0,
        0,
        m.indexCode() >> 3,
        m.baseCode() >> 3,
        0);
    out.put(opcode);
    out.modMemory(reg.code(), m, 1, 0);
  }

  private void shift(String name, int opcode, Lanes lanes, Mask dst, Mask src, int count) {
    int at = out.position();
    int w = lanes == Lanes.W || lanes == Lanes.Q ? 1 : 0;
    int wideLanes = lanes == Lanes.D || lanes == Lanes.Q ? 1 : 0;
    VectorEncoder.vexPrefix(out, VOpColumns.M3A, VOpColumns.P66, w, 0, 0, 0, 0, 0);
    out.put(opcode | wideLanes);
    out.modRegister(dst.code(), src.code());
    out.put(count);
    if (listing != null) {
      String mnemonic = name + lanes.name().toLowerCase(Locale.ROOT);
      note(at, new Text(mnemonic).word(dst.text()).word(src.text()).imm(count & 0xFF));
    }
  }

  private static int gprPrefix(Lanes lanes) {
    return switch (lanes) {
      case B -> VOpColumns.P66;
      case W -> VOpColumns.NP;
      case D, Q -> VOpColumns.PF2;
    };
  }

  private static Text kmov(Lanes lanes) {
    return new Text("kmov" + lanes.name().toLowerCase(Locale.ROOT));
  }

  private static void requireOperands(KOp op, int count) {
    if (op.operands() != count) {
      throw new IllegalArgumentException(
          op + ": expected " + op.operands() + " masks, found " + count);
    }
  }

  private void note(int at, Text text) {
    if (listing != null) {
      listing.add(at, text.toString());
    }
  }
}
