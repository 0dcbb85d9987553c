package dev.retrograde.x64;

import dev.retrograde.x64.asm.Gpr;
import dev.retrograde.x64.asm.Mem;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  /// Who wants a register how much: a family, or a loop for its counter.
  private record Wish(float weight, @Nullable Family family, @Nullable Loop loop) {}

  Frame(Sequence seq) {
    for (Family f : seq.families) {
      f.register = null;
      f.slot = Value.NOWHERE;
      f.pending = 0;
    }
    Loop outer = seq.loops.get(0);
    assign(outer);
    for (Family f : seq.families) {
      boolean always = outer.residents.stream().anyMatch(r -> r.family() == f);
      if (!always) {
        f.slot = take(8);
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

  /// Gives registers for the length of a loop, if all that moves inside finds one. If not, each
  /// loop inside shares them out anew, and what is used between them stays on the stack.
  private void assign(Loop l) {
    List<Wish> wishes = new ArrayList<>();
    for (Family f : l.families) {
      wishes.add(new Wish(f.weight, f, null));
    }
    counters(l, wishes);
    l.residents.clear();
    if (wishes.size() > FREE.length && !l.children.isEmpty()) {
      l.counter = null;
      l.slot = take(8);
      for (Loop child : l.children) {
        assign(child);
      }
      return;
    }
    wishes.sort((a, b) -> Float.compare(b.weight, a.weight));
    for (int i = 0; i < wishes.size(); i++) {
      give(l, wishes.get(i), i);
    }
  }

  private void give(Loop l, Wish w, int rank) {
    Gpr r = rank < FREE.length ? FREE[rank] : null;
    if (r != null && rank >= UNSAVED && !saved.contains(r)) {
      saved.add(r);
    }
    if (w.family != null && r != null) {
      l.residents.add(new Loop.Resident(w.family, r));
    } else if (w.loop != null) {
      w.loop.counter = r;
      w.loop.slot = r == null ? take(8) : Value.NOWHERE;
    }
  }

  private static void counters(Loop l, List<Wish> wishes) {
    wishes.add(new Wish(Sequence.weight(l.depth + 1) * 0.9f, null, l));
    for (Loop child : l.children) {
      child.residents.clear();
      counters(child, wishes);
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
