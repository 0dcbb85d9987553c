package dev.retrograde.x64;

import dev.retrograde.x64.asm.Assembler;
import dev.retrograde.x64.asm.Gpr;
import dev.retrograde.x64.asm.Lanes;
import dev.retrograde.x64.asm.Mask;
import dev.retrograde.x64.asm.Mem;
import dev.retrograde.x64.asm.VOp;
import dev.retrograde.x64.asm.Vec;
import dev.retrograde.x64.asm.VecOrMem;
import dev.retrograde.x64.asm.Width;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// Where the operands of steps are: registers, the stack frame, the constant pool, buffers.
///
/// `RAX` and `RCX` belong to the printers for the length of a step.
final class Operands {
  private static final Mask[] MASKS = Mask.values();

  final Assembler asm;
  final Sequence seq;
  final boolean avx512;
  final Frame frame;

  Operands(Assembler asm, Sequence seq, Frame frame) {
    this.asm = asm;
    this.seq = seq;
    this.avx512 = seq.features.avx512();
    this.frame = frame;
  }

  /// The width of a register with lanes of this size.
  Width width(int size) {
    return Features.width(seq.lanes * size);
  }

  Vec dst(Ins ins) {
    return Vec.of(ins.dstRegister);
  }

  Mask dstMask(Ins ins) {
    return MASKS[ins.dstRegister];
  }

  Vec reg(Ins ins, int i) {
    return Vec.of(ins.argRegister[i]);
  }

  Mask mask(Ins ins, int i) {
    return MASKS[ins.argRegister[i]];
  }

  Vec temp(Ins ins, int i) {
    return Vec.of(ins.vectorTemps[i]);
  }

  Mask maskTemp(Ins ins, int i) {
    return MASKS[ins.maskTemps[i]];
  }

  boolean inMemory(Ins ins, int i) {
    return ins.argRegister[i] < 0;
  }

  /// An operand that may be in memory.
  VecOrMem at(Ins ins, int i) {
    return inMemory(ins, i) ? memory(ins.args[i]) : reg(ins, i);
  }

  /// The place of a value that has no register; with AVX-512 uniform constants are repeated from
  /// one element.
  Mem memory(Value v) {
    return switch (v.kind) {
      case FOLDED -> {
        if (v.address == null) {
          throw new AssertionError("a folded load without an address");
        }
        Mem m = mem(v.address);
        yield v.broadcast ? m.broadcasting() : m;
      }
      case CONSTANT -> {
        Mem m = pool(v);
        yield avx512 && v.isUniform() ? m.broadcasting() : m;
      }
      case COMPUTED -> frame.slot(v);
      case MASK_CONSTANT -> throw new AssertionError("a mask is no memory operand");
    };
  }

  private Mem pool(Value v) {
    Mem m = v.pool;
    if (m == null) {
      byte @Nullable [] lanes = v.pattern;
      m = lanes != null ? asm.constant(lanes, alignment(lanes.length)) : uniform(v.size, v.bits);
      v.pool = m;
    }
    return m;
  }

  private Mem uniform(int size, long bits) {
    int bytes = avx512 ? size : Math.max(16, seq.lanes * size);
    ByteBuffer b = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (b.hasRemaining()) {
      if (size == 4) {
        b.putInt((int) bits);
      } else {
        b.putLong(bits);
      }
    }
    return asm.constant(b.array(), alignment(bytes));
  }

  private static int alignment(int bytes) {
    return Math.min(64, Integer.highestOneBit(bytes));
  }

  /// The same bits in all lanes, as a memory operand.
  Mem constant(int size, long bits) {
    Mem m = uniform(size, bits);
    return avx512 ? m.broadcasting() : m;
  }

  /// Loads the same bits into all lanes.
  void fill(Vec dst, Width w, int size, long bits) {
    if (bits == 0) {
      zero(dst);
    } else if (avx512) {
      asm.v(size == 4 ? VOp.VBROADCASTSS : VOp.VPBROADCASTQ, w, dst, uniform(size, bits));
    } else {
      asm.v(VOp.VMOVUPS, w, dst, uniform(size, bits));
    }
  }

  /// A repeated element's place, without the repeating.
  static Mem single(Mem m) {
    return new Mem(m.base(), m.index(), m.vectorIndex(), m.scale(), m.disp(), m.label(), false);
  }

  /// Brings a memory operand into a register.
  void move(Vec dst, Width w, int size, VecOrMem from) {
    if (from instanceof Mem m && m.broadcast()) {
      asm.v(size == 4 ? VOp.VBROADCASTSS : VOp.VPBROADCASTQ, w, dst, single(m));
    } else {
      asm.v(VOp.VMOVUPS, w, dst, from);
    }
  }

  void zero(Vec dst) {
    asm.v(VOp.VXORPS, Width.X, dst, dst, dst);
  }

  /// Brings a value that has no register into one.
  void reload(Value v, int register) {
    switch (v.kind) {
      case MASK_CONSTANT -> setMask(MASKS[register], v.bits);
      case COMPUTED -> {
        if (v.mask) {
          asm.kmov(Lanes.W, MASKS[register], frame.slot(v));
        } else {
          asm.v(VOp.VMOVUPS, width(v.size), Vec.of(register), frame.slot(v));
        }
      }
      case CONSTANT -> {
        if (v.isUniform()) {
          fill(Vec.of(register), width(v.size), v.size, v.bits);
        } else {
          asm.v(VOp.VMOVUPS, width(v.size), Vec.of(register), pool(v));
        }
      }
      case FOLDED -> throw new AssertionError("a folded load is read where it is used");
    }
  }

  private void setMask(Mask dst, long bits) {
    if (bits == 0) {
      asm.k(dev.retrograde.x64.asm.KOp.KXOR, Lanes.W, dst, dst, dst);
    } else {
      asm.mov(Gpr.RAX, bits);
      asm.kmov(Lanes.W, dst, Gpr.RAX);
    }
  }

  /// Puts a result that has no register of its own in its place.
  void spill(Value v, int register) {
    if (v.mask) {
      asm.kmov(Lanes.W, frame.slot(v), MASKS[register]);
    } else {
      asm.store(VOp.VMOVUPS, width(v.size), frame.slot(v), Vec.of(register));
    }
  }

  // Addresses.

  /// The place of an address; may use `RCX`.
  Mem mem(Address a) {
    Family f = a.family();
    long disp = a.displacement() + f.pending;
    if (disp != (int) disp) {
      flush(f);
      disp = a.displacement();
    }
    return Mem.at(base(f), (int) disp);
  }

  /// The places of a gather or scatter; may use `RCX`.
  Mem mem(Address a, Vec index, int scale) {
    Mem m = mem(a);
    return Mem.at(base(a.family(), m), index, scale, m.disp());
  }

  private static Gpr base(Family f, Mem m) {
    Gpr r = f.register != null ? f.register : m.base();
    if (r == null) {
      throw new AssertionError("an address without a base");
    }
    return r;
  }

  /// The register that holds a family; one on the stack comes into `RCX`.
  Gpr base(Family f) {
    if (f.register != null) {
      return f.register;
    }
    asm.mov(Gpr.RCX, frame.at(f.slot));
    return Gpr.RCX;
  }

  /// Brings a family's register up to date. Changes `RAX` where the step is long.
  void flush(Family f) {
    long by = f.pending;
    f.pending = 0;
    if (by == 0) {
      return;
    }
    if (by == (int) by) {
      if (f.register != null) {
        asm.add(f.register, (int) by);
      } else {
        asm.add(frame.at(f.slot), (int) by);
      }
      return;
    }
    asm.mov(Gpr.RAX, by);
    if (f.register != null) {
      asm.add(f.register, Gpr.RAX);
    } else {
      asm.alu(dev.retrograde.x64.asm.Alu.ADD, frame.at(f.slot), Gpr.RAX);
    }
  }
}
