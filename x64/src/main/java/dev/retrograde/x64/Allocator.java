package dev.retrograde.x64;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Gives values registers, by a linear scan over intervals (Poletto and Sarkar, Linear Scan
/// Register Allocation, 1999).
///
/// Step i reads its operands at time 2i and writes its result at 2i + 1, so that a result can take
/// the register of an operand that ends there. A value that lives into a loop lives to its end.
/// When registers run out, the value with the fewest uses for its length loses its register
/// altogether: it then stands in memory, and steps that cannot read it there get short intervals of
/// their own, so the scan starts again until nothing more is lost. Constants are long intervals of
/// little use, and therefore give way first.
final class Allocator {
  private static final float NEVER = Float.MAX_VALUE;

  private final Sequence seq;
  private final Features features;
  private final List<Ins> code;
  private final int[] limit;

  /// An interval of the current scan: of a value, or of one step's own register.
  private static final class Interval {
    final int start;
    final int end;
    final boolean mask;
    final float weight;
    @org.jspecify.annotations.Nullable Value value;
    @org.jspecify.annotations.Nullable Ins ins;
    Role role = Role.VALUE;
    int index;

    Interval(int start, int end, boolean mask, float weight) {
      this.start = start;
      this.end = end;
      this.mask = mask;
      this.weight = weight;
    }
  }

  private enum Role {
    VALUE,
    RESULT,
    OPERAND,
    VECTOR_TEMP,
    MASK_TEMP
  }

  private Allocator(Sequence seq) {
    this.seq = seq;
    this.features = seq.features;
    this.code = seq.code;
    this.limit = new int[] {features.registers(), 8};
  }

  static void allocate(Sequence seq) {
    Allocator a = new Allocator(seq);
    a.dropUnread();
    a.live();
    while (!a.scan()) {
      // Something lost its register; the steps that use it need others now.
    }
    a.settle();
  }

  /// Removes steps whose result nobody reads.
  private void dropUnread() {
    for (Ins ins : code) {
      for (Value a : ins.args) {
        a.uses++;
      }
    }
    int before;
    do {
      before = code.size();
      dropUnreadOnce();
    } while (code.size() < before);
    for (int i = 0; i < code.size(); i++) {
      Ins ins = code.get(i);
      if (ins.kind == Ins.Kind.LOOP_BEGIN) {
        ins.loop().begin = i;
      } else if (ins.kind == Ins.Kind.LOOP_BACK) {
        ins.loop().back = i;
      }
    }
  }

  private void dropUnreadOnce() {
    int kept = code.size();
    for (int i = code.size() - 1; i >= 0; i--) {
      Ins ins = code.get(i);
      if (ins.dst != null && ins.dst.uses == 0) {
        for (Value a : ins.args) {
          a.uses--;
        }
      } else {
        code.set(--kept, ins);
      }
    }
    code.subList(0, kept).clear();
  }

  /// Finds each value's interval and weight.
  private void live() {
    List<Loop> open = new ArrayList<>();
    for (int i = 0; i < code.size(); i++) {
      Ins ins = code.get(i);
      if (ins.kind == Ins.Kind.LOOP_BEGIN) {
        open.add(ins.loop());
      } else if (ins.kind == Ins.Kind.LOOP_BACK) {
        open.removeLast();
      }
      float weight = Sequence.weight(open.size());
      for (Value a : ins.args) {
        a.start = Math.min(a.start, a.isConstant() ? -1 : 2 * i);
        a.end = Math.max(a.end, 2 * i + 1);
        a.weight += weight;
        for (Loop l : open) {
          if (l.begin > a.lastSet) {
            a.end = Math.max(a.end, 2 * l.back + 2);
            break;
          }
        }
      }
      Value d = ins.dst;
      if (d != null) {
        boolean early = Demands.writesEarly(features, ins);
        d.start = Math.min(d.start, early ? 2 * i : 2 * i + 1);
        d.end = Math.max(d.end, 2 * i + 2);
        d.lastSet = i;
        d.weight += weight;
        if (d.hinted == Value.NOWHERE) {
          d.hinted = i;
        }
      }
    }
  }

  private boolean scan() {
    List<Interval> intervals = new ArrayList<>(seq.values.size() + 64);
    for (Value v : seq.values) {
      v.register = Value.NOWHERE;
      if (!v.spilled && v.end > v.start && v.uses > 0) {
        float density = v.weight / (v.end - v.start) * (v.isConstant() ? 0.25f : 1);
        Interval in = new Interval(v.start, v.end, v.mask, density);
        in.value = v;
        intervals.add(in);
      }
    }
    for (int i = 0; i < code.size(); i++) {
      own(i, code.get(i), intervals);
    }
    Interval[] all = intervals.toArray(Interval[]::new);
    Arrays.sort(all, (a, b) -> Integer.compare(a.start, b.start));
    Interval[][] holders = {new Interval[limit[0]], new Interval[limit[1]]};
    boolean complete = true;
    for (Interval in : all) {
      complete &= place(in, holders[in.mask ? 1 : 0]);
    }
    return complete;
  }

  /// Intervals of a step's own: temporaries, and registers for what stands in memory.
  private void own(int i, Ins ins, List<Interval> intervals) {
    int from = 2 * i;
    int vectors = Demands.vectorTemps(features, ins);
    int masks = Demands.maskTemps(features, ins);
    if (vectors != ins.vectorTemps.length) {
      ins.vectorTemps = new int[vectors];
    }
    if (masks != ins.maskTemps.length) {
      ins.maskTemps = new int[masks];
    }
    for (int t = 0; t < vectors + masks; t++) {
      Interval in = new Interval(from, from + 2, t >= vectors, NEVER);
      own(in, ins, t < vectors ? Role.VECTOR_TEMP : Role.MASK_TEMP, t < vectors ? t : t - vectors);
      intervals.add(in);
    }
    int inMemory = memoryOperand(ins);
    for (int k = 0; k < ins.args.length; k++) {
      Value a = ins.args[k];
      ins.argRegister[k] = Value.NOWHERE;
      ins.reload[k] = false;
      if (a.spilled && k != inMemory && firstOf(ins, k) == k) {
        Interval in = new Interval(from, from + 1, a.mask, NEVER);
        own(in, ins, Role.OPERAND, k);
        intervals.add(in);
        ins.reload[k] = true;
      }
    }
    if (ins.dst != null && ins.dst.spilled) {
      boolean early = Demands.writesEarly(features, ins);
      Interval in = new Interval(early ? from : from + 1, from + 2, ins.dst.mask, NEVER);
      own(in, ins, Role.RESULT, 0);
      intervals.add(in);
    }
  }

  private static void own(Interval in, Ins ins, Role role, int index) {
    in.ins = ins;
    in.role = role;
    in.index = index;
  }

  /// The operand that the step reads from memory, or -1: a folded load before all others, and none
  /// that it needs in a register too.
  private int memoryOperand(Ins ins) {
    int found = -1;
    for (int k = ins.args.length - 1; k >= 0; k--) {
      Value a = ins.args[k];
      if (a.kind == Value.Kind.FOLDED) {
        return k;
      }
      if (found < 0
          && a.spilled
          && firstOf(ins, k) == k
          && isOnly(ins, k)
          && Demands.takesMemory(features, ins, k)) {
        found = k;
      }
    }
    return found;
  }

  private static int firstOf(Ins ins, int k) {
    for (int i = 0; i < k; i++) {
      if (ins.args[i] == ins.args[k]) {
        return i;
      }
    }
    return k;
  }

  private static boolean isOnly(Ins ins, int k) {
    for (int i = k + 1; i < ins.args.length; i++) {
      if (ins.args[i] == ins.args[k]) {
        return false;
      }
    }
    return true;
  }

  private boolean place(Interval in, Interval[] holders) {
    int first = in.mask ? 1 : 0;
    int chosen = hint(in, holders);
    if (chosen < 0) {
      for (int r = first; r < holders.length; r++) {
        if (holders[r] == null || holders[r].end <= in.start) {
          chosen = r;
          break;
        }
      }
    }
    boolean complete = true;
    if (chosen < 0) {
      complete = false;
      float least = in.weight;
      for (int r = first; r < holders.length; r++) {
        if (holders[r].weight < least) {
          least = holders[r].weight;
          chosen = r;
        }
      }
      Value loser = chosen < 0 ? in.value : holders[chosen].value;
      if (loser == null) {
        throw new AssertionError("a step needs more registers than there are");
      }
      loser.spilled = true;
      loser.register = Value.NOWHERE;
      if (chosen < 0) {
        return false;
      }
    }
    holders[chosen] = in;
    assign(in, chosen);
    return complete;
  }

  /// A free register of an operand that ends where this begins, or -1.
  private int hint(Interval in, Interval[] holders) {
    Value v = in.value;
    if (v == null || v.hinted == Value.NOWHERE || in.start != 2 * v.hinted + 1) {
      return -1;
    }
    Value[] args = code.get(v.hinted).args;
    for (int k = args.length - 1; k >= 0; k--) {
      Value a = args[k];
      if (a.mask == in.mask && a.register >= 0 && a.end <= in.start) {
        Interval holder = holders[a.register];
        if (holder == null || holder.end <= in.start) {
          return a.register;
        }
      }
    }
    return -1;
  }

  private static void assign(Interval in, int register) {
    Ins ins = in.ins;
    Value v = in.value;
    if (v != null) {
      v.register = register;
    } else if (ins != null) {
      switch (in.role) {
        case RESULT -> ins.dstRegister = register;
        case OPERAND -> ins.argRegister[in.index] = register;
        case VECTOR_TEMP -> ins.vectorTemps[in.index] = register;
        case MASK_TEMP -> ins.maskTemps[in.index] = register;
        case VALUE -> throw new AssertionError("a step's register without a role");
      }
    }
  }

  /// Copies the values' registers to the steps.
  private void settle() {
    for (Ins ins : code) {
      if (ins.dst != null && !ins.dst.spilled) {
        ins.dstRegister = ins.dst.register;
      }
      for (int k = 0; k < ins.args.length; k++) {
        Value a = ins.args[k];
        int first = firstOf(ins, k);
        if (first != k) {
          ins.argRegister[k] = ins.argRegister[first];
        } else if (!a.spilled && a.kind != Value.Kind.FOLDED) {
          ins.argRegister[k] = a.register;
        }
      }
    }
  }
}
