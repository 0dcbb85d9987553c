package dev.retrograde.x64;

import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Affine.Term;
import dev.retrograde.scalar.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The code of one kernel while it is made: its steps in order, its constants, its families of
/// addresses and the loops that are open.
final class Sequence {
  private static final int LONGEST_DISPLACEMENT = 1 << 29;

  private record ConstantKey(boolean mask, int size, long bits) {}

  private record PatternKey(int size, ByteBuffer lanes) {}

  private record FamilyKey(int param, List<Term> terms, long offset) {}

  final Features features;
  final int lanes;

  /// Bytes of a lane of a mask, with AVX2.
  final int maskSize;

  final List<Ins> code = new ArrayList<>();
  final List<Value> values = new ArrayList<>();
  final List<Family> families = new ArrayList<>();
  final List<Loop> loops = new ArrayList<>();

  private final Map<ConstantKey, Value> constants = new HashMap<>();
  private final Map<PatternKey, Value> patterns = new HashMap<>();
  private final Map<FamilyKey, Family> known = new HashMap<>();
  private final List<Loop> open = new ArrayList<>();

  /// What each loop variable stands for besides its register: an offset; and whether it has one.
  private long[] offsets = new long[16];

  private boolean[] moving = new boolean[16];
  private Loop[] movers = new Loop[16];

  Sequence(Features features, int lanes, int maskSize) {
    this.features = features;
    this.lanes = lanes;
    this.maskSize = maskSize;
  }

  /// Bytes of a lane of this register type.
  int size(DType t) {
    return switch (t) {
      case F64, I64, FRAME -> 8;
      case BOOL -> features.avx512() ? 8 : maskSize;
      case F32, I32, BF16, I8, I16, U8 -> 4;
    };
  }

  /// Lanes that a register of this lane size has in truth, of which the kernel's are the first.
  int physical(int size) {
    return Math.max(lanes, 16 / size);
  }

  // Values.

  Value fresh(DType t) {
    Value v = t == DType.BOOL && features.avx512() ? Value.maskRegister() : Value.vector(size(t));
    values.add(v);
    return v;
  }

  Value freshVector(int size) {
    Value v = Value.vector(size);
    values.add(v);
    return v;
  }

  private Value like(Value v) {
    Value w = v.mask ? Value.maskRegister() : Value.vector(v.size);
    values.add(w);
    return w;
  }

  /// The same bits in all lanes.
  Value constant(DType t, long bits) {
    if (t == DType.BOOL) {
      boolean set = bits != 0;
      return features.avx512()
          ? maskConstant(set ? (1L << lanes) - 1 : 0)
          : constant(maskSize, set ? -1 : 0);
    }
    return constant(size(t), bits);
  }

  private Value constant(int size, long bits) {
    long kept = size == 4 ? bits & 0xffff_ffffL : bits;
    ConstantKey key = new ConstantKey(false, size, kept);
    Value v = constants.get(key);
    if (v == null) {
      v = Value.constant(size, kept);
      constants.put(key, v);
      values.add(v);
    }
    return v;
  }

  private Value maskConstant(long bits) {
    ConstantKey key = new ConstantKey(true, 0, bits);
    Value v = constants.get(key);
    if (v == null) {
      v = Value.maskConstant(bits);
      constants.put(key, v);
      values.add(v);
    }
    return v;
  }

  /// The mask of the lanes below `count`, for lanes of this size.
  Value first(int count, int size) {
    if (features.avx512()) {
      return maskConstant((1L << count) - 1);
    }
    byte[] lane = new byte[physical(size) * size];
    Arrays.fill(lane, 0, count * size, (byte) -1);
    return pattern(size, lane);
  }

  /// Lanes `constant + j * step`, as I32.
  Value steps(long constant, long step) {
    if (step == 0) {
      return constant(4, constant);
    }
    ByteBuffer b = ByteBuffer.allocate(physical(4) * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int j = 0; j < lanes; j++) {
      b.putInt((int) (constant + j * step));
    }
    return pattern(4, b.array());
  }

  private Value pattern(int size, byte[] lane) {
    PatternKey key = new PatternKey(size, ByteBuffer.wrap(lane));
    Value v = patterns.get(key);
    if (v == null) {
      v = Value.pattern(size, lane);
      patterns.put(key, v);
      values.add(v);
    }
    return v;
  }

  // Steps.

  /// Appends a step. Where its result would be written before its operands are read, and is one of
  /// them, it goes through another value.
  Ins add(Ins ins) {
    if (ins.dst != null && Demands.writesEarly(features, ins)) {
      for (Value a : ins.args) {
        if (a == ins.dst) {
          return addThrough(ins);
        }
      }
    }
    code.add(ins);
    return ins;
  }

  private Ins addThrough(Ins ins) {
    Value other = like(ins.dst());
    Ins copy = new Ins(ins.kind, other, ins.args);
    copy.fn = ins.fn;
    copy.type = ins.type;
    copy.to = ins.to;
    copy.storage = ins.storage;
    copy.count = ins.count;
    copy.stride = ins.stride;
    copy.address = ins.address;
    code.add(copy);
    code.add(new Ins(Ins.Kind.COPY, ins.dst(), other));
    return copy;
  }

  /// Opens a loop; its variable moves from here on.
  Loop begin(int var, int trips, int unroll) {
    Loop l = new Loop(var, trips, unroll, open.isEmpty() ? null : open.getLast());
    loops.add(l);
    l.begin = code.size();
    marker(Ins.Kind.LOOP_BEGIN, l);
    open.add(l);
    set(var, 0, true);
    movers[var] = l;
    return l;
  }

  /// Ends the rounds of the innermost open loop.
  void back(Loop l) {
    l.back = code.size();
    marker(Ins.Kind.LOOP_BACK, l);
    open.removeLast();
  }

  /// Ends a loop, after the iterations that did not fill a round.
  void exit(Loop l) {
    marker(Ins.Kind.LOOP_EXIT, l);
  }

  private void marker(Ins.Kind kind, Loop l) {
    Ins ins = new Ins(kind, null);
    ins.loop = l;
    code.add(ins);
  }

  int depth() {
    return open.size();
  }

  /// Says what a loop variable is: an offset, plus what its loop's registers hold if it moves.
  void set(int var, long offset, boolean moves) {
    if (var >= offsets.length) {
      offsets = Arrays.copyOf(offsets, 2 * var);
      moving = Arrays.copyOf(moving, 2 * var);
      movers = Arrays.copyOf(movers, 2 * var);
    }
    offsets[var] = offset;
    moving[var] = moves;
  }

  /// The place of an element of a buffer.
  Address address(int param, Affine at, int bytes) {
    long constant = at.constant();
    List<Term> terms = at.terms();
    int still = 0;
    for (int i = 0; i < terms.size(); i++) {
      Term t = terms.get(i);
      constant += t.factor() * offsets[t.var()];
      still += moving[t.var()] ? 0 : 1;
    }
    if (still > 0) {
      List<Term> kept = new ArrayList<>();
      for (Term t : terms) {
        if (moving[t.var()]) {
          kept.add(t);
        }
      }
      terms = kept;
    }
    long disp = constant * bytes;
    long offset = 0;
    if (disp >= LONGEST_DISPLACEMENT || disp < -LONGEST_DISPLACEMENT) {
      offset = (disp + LONGEST_DISPLACEMENT / 2) & -LONGEST_DISPLACEMENT;
    }
    Family f = family(param, terms, bytes, offset);
    touch(f);
    return new Address(f, (int) (disp - offset));
  }

  /// An integer that moves with the loops; the displacement is its constant.
  Address integer(Affine value) {
    return address(Family.NO_BUFFER, value, 1);
  }

  private Family family(int param, List<Term> terms, int bytes, long offset) {
    FamilyKey key = new FamilyKey(param, terms, offset);
    Family f = known.get(key);
    if (f == null) {
      f = new Family(param, bytes, terms, offset);
      known.put(key, f);
      families.add(f);
    }
    return f;
  }

  private void touch(Family f) {
    f.weight += weight(open.size());
    for (Loop l : open) {
      l.uses(f);
    }
    for (int i = 0; i < f.terms.size(); i++) {
      Loop l = movers[f.terms.get(i).var()];
      l.uses(f);
      f.weight += weight(l.depth + 1);
    }
  }

  /// How often something at this depth of loops runs, roughly.
  static float weight(int depth) {
    return 1 << 3 * Math.min(depth, 6);
  }
}
