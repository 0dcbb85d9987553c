package dev.retrograde.x64;

import dev.retrograde.scalar.DType;
import dev.retrograde.x64.asm.Cond;
import dev.retrograde.x64.asm.Gpr;
import dev.retrograde.x64.asm.KOp;
import dev.retrograde.x64.asm.Label;
import dev.retrograde.x64.asm.Lanes;
import dev.retrograde.x64.asm.Mask;
import dev.retrograde.x64.asm.Mem;
import dev.retrograde.x64.asm.VOp;
import dev.retrograde.x64.asm.Vec;
import dev.retrograde.x64.asm.Width;

/// Prints loads and stores, which widen and narrow.
final class MemoryPrinter {
  private final Operands at;

  MemoryPrinter(Operands at) {
    this.at = at;
  }

  // Loads.

  void load(Ins ins) {
    switch (ins.kind) {
      case LOAD -> plain(ins);
      case LOAD_MASKED -> masked(ins);
      case LOAD_BROADCAST -> broadcast(ins);
      case LOAD_GATHER -> gather(ins);
      default -> throw new AssertionError(ins.kind + " is no load");
    }
  }

  private boolean isNarrow(Ins ins, int size) {
    return ins.storage.bytes() < size;
  }

  private void plain(Ins ins) {
    Vec d = at.dst(ins);
    int size = ins.dst().size;
    Mem from = at.mem(ins.address());
    if (isNarrow(ins, size)) {
      at.asm.v(widening(ins.storage), at.width(4), d, from);
      raise(ins, d);
    } else {
      move(d, from, ins.count * size);
    }
    if (ins.args.length > 0) {
      at.asm.v(VOp.VANDPS, at.width(size), d, d, at.at(ins, 0));
    }
  }

  private void move(Vec d, Mem from, int bytes) {
    switch (bytes) {
      case 4 -> at.asm.v(VOp.VMOVSS, Width.S, d, from);
      case 8 -> at.asm.v(VOp.VMOVSD, Width.S, d, from);
      default -> at.asm.v(VOp.VMOVUPS, Features.width(bytes), d, from);
    }
  }

  private static VOp widening(DType storage) {
    return switch (storage) {
      case U8, BOOL -> VOp.VPMOVZXBD;
      case I8 -> VOp.VPMOVSXBD;
      case I16 -> VOp.VPMOVSXWD;
      case BF16 -> VOp.VPMOVZXWD;
      case F32, F64, I32, I64, FRAME ->
          throw new AssertionError(storage.text() + " does not widen");
    };
  }

  /// bf16 is the upper half of a float.
  private void raise(Ins ins, Vec d) {
    if (ins.storage == DType.BF16) {
      at.asm.v(VOp.VPSLLD_I, at.width(4), d, d, 16);
    }
  }

  private void masked(Ins ins) {
    Vec d = at.dst(ins);
    int size = ins.dst().size;
    Width w = at.width(size);
    Mem from = at.mem(ins.address());
    if (isNarrow(ins, size)) {
      at.asm.v(widening(ins.storage), w, d, at.mask(ins, 0), true, from);
      raise(ins, d);
    } else if (at.avx512) {
      VOp op = size == 4 ? VOp.VMOVUPS : VOp.VMOVUPD;
      at.asm.v(op, w, d, at.mask(ins, 0), true, from);
    } else {
      at.asm.v(size == 4 ? VOp.VMASKMOVPS : VOp.VMASKMOVPD, w, d, at.reg(ins, 0), from);
    }
  }

  private void broadcast(Ins ins) {
    Vec d = at.dst(ins);
    int size = ins.dst().size;
    Width w = at.width(size);
    Mem from = at.mem(ins.address());
    if (!isNarrow(ins, size)) {
      at.asm.v(size == 4 ? VOp.VBROADCASTSS : VOp.VPBROADCASTQ, w, d, from);
      return;
    }
    switch (ins.storage) {
      case U8, BOOL -> at.asm.movzx8(Gpr.RAX, from);
      case I8 -> at.asm.movsx8(Gpr.RAX, from);
      case I16 -> at.asm.movsx16(Gpr.RAX, from);
      case BF16 -> {
        at.asm.movzx16(Gpr.RAX, from);
        at.asm.shl(Gpr.RAX, 16);
      }
      case F32, F64, I32, I64, FRAME ->
          throw new AssertionError(ins.storage.text() + " does not widen");
    }
    if (at.avx512) {
      at.asm.v(VOp.VPBROADCASTD_R, w, d, Gpr.RAX);
    } else {
      at.asm.v(VOp.VMOVD, Width.X, d, Gpr.RAX);
      at.asm.v(VOp.VPBROADCASTD, w, d, d);
    }
  }

  /// Narrow elements are gathered with what follows them in the same four bytes, which may be
  /// slack, and cut out.
  private void gather(Ins ins) {
    Vec d = at.dst(ins);
    int size = ins.dst().size;
    Width w = at.width(size);
    VOp op = size == 4 ? VOp.VGATHERDPS : VOp.VGATHERDPD;
    Mem from = at.mem(ins.address(), at.reg(ins, 0), ins.storage.bytes());
    at.zero(d);
    if (at.avx512) {
      Mask k = at.maskTemp(ins, 0);
      if (ins.args.length > 1) {
        at.asm.kmov(Lanes.W, k, at.mask(ins, 1));
      } else {
        at.asm.k(KOp.KXNOR, Lanes.W, k, k, k);
      }
      at.asm.gather(op, w, d, k, from);
    } else {
      Vec m = at.temp(ins, 0);
      if (ins.args.length > 1) {
        at.asm.v(VOp.VMOVAPS, w, m, at.reg(ins, 1));
      } else {
        at.asm.v(VOp.VPCMPEQD, w, m, m, m);
      }
      at.asm.gather(op, w, d, from, m);
    }
    int cut = 32 - 8 * ins.storage.bytes();
    if (cut > 0) {
      at.asm.v(VOp.VPSLLD_I, w, d, d, cut);
      switch (ins.storage) {
        case I8, I16 -> at.asm.v(VOp.VPSRAD_I, w, d, d, cut);
        case U8, BOOL -> at.asm.v(VOp.VPSRLD_I, w, d, d, cut);
        case BF16, F32, F64, I32, I64, FRAME -> {}
      }
    }
  }

  // Stores.

  void store(Ins ins) {
    switch (ins.kind) {
      case STORE -> plainStore(ins);
      case STORE_MASKED -> maskedStore(ins);
      case STORE_SCATTER -> scatter(ins);
      case STORE_LANES -> lanes(ins);
      default -> throw new AssertionError(ins.kind + " is no store");
    }
  }

  private void plainStore(Ins ins) {
    int size = ins.args[0].size;
    Vec v = at.reg(ins, 0);
    Mem to = at.mem(ins.address());
    if (!isNarrow(ins, size)) {
      put(to, v, ins.count * size);
    } else if (at.avx512) {
      at.asm.store(narrowing(ins.storage), at.width(4), to, v);
    } else if (ins.count == 1) {
      at.asm.v(VOp.VMOVD, Width.X, Gpr.RAX, v);
      putLow(to, ins.storage.bytes());
    } else {
      pack(ins, v, at.temp(ins, 0), to);
    }
  }

  private void put(Mem to, Vec v, int bytes) {
    switch (bytes) {
      case 4 -> at.asm.store(VOp.VMOVSS, Width.S, to, v);
      case 8 -> at.asm.store(VOp.VMOVSD, Width.S, to, v);
      default -> at.asm.store(VOp.VMOVUPS, Features.width(bytes), to, v);
    }
  }

  private void putLow(Mem to, int bytes) {
    switch (bytes) {
      case 1 -> at.asm.mov8(to, Gpr.RAX);
      case 2 -> at.asm.mov16(to, Gpr.RAX);
      case 4 -> at.asm.mov32(to, Gpr.RAX);
      default -> at.asm.mov(to, Gpr.RAX);
    }
  }

  private static VOp narrowing(DType storage) {
    return storage.bytes() == 1 ? VOp.VPMOVDB : VOp.VPMOVDW;
  }

  /// AVX2: packs the low bytes or words of lanes, which saturation then leaves alone.
  private void pack(Ins ins, Vec v, Vec t, Mem to) {
    Width w = at.width(4);
    boolean bytes = ins.storage.bytes() == 1;
    at.asm.v(VOp.VANDPS, w, t, v, at.constant(4, bytes ? 0xff : 0xffff));
    at.asm.v(VOp.VPACKUSDW, w, t, t, t);
    if (w == Width.Y) {
      at.asm.v(VOp.VPERMQ_I, w, t, t, 0x08);
    }
    if (bytes) {
      at.asm.v(VOp.VPACKUSWB, Width.X, t, t, t);
    }
    put(to, t, ins.count * ins.storage.bytes());
  }

  private void maskedStore(Ins ins) {
    int size = ins.args[0].size;
    Width w = at.width(size);
    Vec v = at.reg(ins, 0);
    Mem to = at.mem(ins.address());
    if (isNarrow(ins, size)) {
      at.asm.store(narrowing(ins.storage), w, to, at.mask(ins, 1), v);
    } else if (at.avx512) {
      at.asm.store(size == 4 ? VOp.VMOVUPS : VOp.VMOVUPD, w, to, at.mask(ins, 1), v);
    } else {
      VOp op = size == 4 ? VOp.VMASKMOVPS : VOp.VMASKMOVPD;
      at.asm.store(op, w, to, at.reg(ins, 1), v);
    }
  }

  private void scatter(Ins ins) {
    int size = ins.args[0].size;
    Mask k = at.maskTemp(ins, 0);
    Mem to = at.mem(ins.address(), at.reg(ins, 1), size);
    if (ins.args.length > 2) {
      at.asm.kmov(Lanes.W, k, at.mask(ins, 2));
    } else {
      at.asm.k(KOp.KXNOR, Lanes.W, k, k, k);
    }
    VOp op = size == 4 ? VOp.VSCATTERDPS : VOp.VSCATTERDPD;
    at.asm.scatter(op, at.width(size), to, k, at.reg(ins, 0));
  }

  /// Lane by lane through the stack.
  private void lanes(Ins ins) {
    int size = ins.args[0].size;
    int bytes = ins.storage.bytes();
    boolean mask = ins.args.length > 1;
    int maskSize = 4;
    at.asm.store(VOp.VMOVUPS, at.width(size), at.frame.at(Frame.WORK), at.reg(ins, 0));
    if (mask && at.avx512) {
      Vec t = at.temp(ins, 0);
      at.asm.v(VOp.VPMOVM2D, at.width(4), t, at.mask(ins, 1));
      at.asm.store(VOp.VMOVUPS, at.width(4), at.frame.at(Frame.SECOND_WORK), t);
    } else if (mask) {
      maskSize = ins.args[1].size;
      Width w = at.width(maskSize);
      at.asm.store(VOp.VMOVUPS, w, at.frame.at(Frame.SECOND_WORK), at.reg(ins, 1));
    }
    Mem to = at.mem(ins.address());
    for (int j = 0; j < ins.count; j++) {
      Label closed = at.asm.newLabel();
      if (mask) {
        at.asm.mov32(Gpr.RAX, at.frame.at(Frame.SECOND_WORK + j * maskSize));
        at.asm.test(Gpr.RAX, Gpr.RAX);
        at.asm.j(Cond.E, closed);
      }
      if (size == 8) {
        at.asm.mov(Gpr.RAX, at.frame.at(Frame.WORK + 8 * j));
      } else {
        at.asm.mov32(Gpr.RAX, at.frame.at(Frame.WORK + 4 * j));
      }
      putLow(to.plus(Math.multiplyExact(j, ins.stride * bytes)), bytes);
      at.asm.bind(closed);
    }
  }
}
