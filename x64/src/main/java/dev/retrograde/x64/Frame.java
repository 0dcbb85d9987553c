package dev.retrograde.x64;

import dev.retrograde.x64.asm.Gpr;
import dev.retrograde.x64.asm.Mem;
import java.util.ArrayList;
import java.util.List;

/// A kernel's stack frame and its general-purpose registers.
///
/// From the stack pointer, which is aligned to 64 bytes, upwards: two areas of 64 bytes for work
/// within a step, saved registers and arguments, then what found no register. Registers go to the
/// families and counters that are used most, those that need no saving first.
final class Frame {
  static final int WORK = 0;
  static final int SECOND_WORK = 64;
  static final int CALLER = 128;
  static final int SAVED_RDX = 136;
  static final int SAVED_R8 = 144;
  static final int ARGS = 152;
  static final int LO = 160;
  static final int HI = 168;
  private static final int FIRST_SLOT = 192;

  private static final Gpr[] FREE = {
    Gpr.R8, Gpr.R9, Gpr.R10, Gpr.R11, Gpr.RSI, Gpr.RDI, Gpr.RDX, Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13,
    Gpr.R14, Gpr.R15
  };
  private static final int UNSAVED = 7;

  /// Registers that have to be put back for the caller.
  final List<Gpr> saved = new ArrayList<>();

  private int bytes = FIRST_SLOT;

  private record Wish(float weight, Object who) {}

  Frame(Sequence seq) {
    List<Wish> wishes = new ArrayList<>();
    for (Family f : seq.families) {
      f.register = null;
      f.slot = Value.NOWHERE;
      f.pending = 0;
      wishes.add(new Wish(f.weight, f));
    }
    for (Loop l : seq.loops) {
      l.counter = null;
      l.slot = Value.NOWHERE;
      wishes.add(new Wish(Sequence.weight(l.depth + 1) * 0.9f, l));
    }
    wishes.sort((a, b) -> Float.compare(b.weight, a.weight));
    int given = 0;
    for (Wish w : wishes) {
      if (given < FREE.length) {
        Gpr r = FREE[given];
        if (given >= UNSAVED) {
          saved.add(r);
        }
        given++;
        if (w.who instanceof Family f) {
          f.register = r;
        } else if (w.who instanceof Loop l) {
          l.counter = r;
        }
      } else if (w.who instanceof Family f) {
        f.slot = take(8);
      } else if (w.who instanceof Loop l) {
        l.slot = take(8);
      }
    }
    bytes = bytes + 63 & -64;
    for (Value v : seq.values) {
      v.slot = Value.NOWHERE;
      v.pool = null;
      if (v.spilled && v.kind == Value.Kind.COMPUTED) {
        v.slot = take(v.mask ? 8 : seq.features.vectorBytes());
        if (v.mask) {
          bytes = bytes + 63 & -64;
        }
      }
    }
  }

  private int take(int size) {
    int at = bytes;
    bytes += size;
    return at;
  }

  /// Bytes of the frame, a multiple of 64.
  int bytes() {
    return bytes + 63 & -64;
  }

  Mem at(int offset) {
    return Mem.at(Gpr.RSP, offset);
  }

  /// The place of a value that lost its register.
  Mem slot(Value v) {
    if (v.slot < 0) {
      throw new AssertionError("a value without a place");
    }
    return at(v.slot);
  }
}
