package dev.retrograde.x64;

import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Mem;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Stmt;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Makes kernels at random: nests, affine accesses of all storage types, strides, odd counts,
/// masks, accumulators and all primitives. Buffers have fixed sizes and accesses often touch their
/// ends.
///
/// The bits of a NaN are not specified, so reinterpretation of floats is written behind a choice
/// that replaces NaN.
final class RandomKernels {
  private static final DType[] STORAGE = DType.values();

  private final Random random;
  private final int lanes;
  private final boolean wide;
  private final boolean crowded;
  private final List<DType> params = new ArrayList<>();
  private final List<Integer> sizes = new ArrayList<>();
  private final Map<DType, List<Reg>> known = new EnumMap<>(DType.class);
  private final List<Reg> variables = new ArrayList<>();
  private final List<int[]> loops = new ArrayList<>();
  private int registers;
  private int vars;
  private int budget;

  /// A kernel and how many elements each of its buffers has.
  record Sample(Kernel kernel, List<Integer> sizes) {}

  private RandomKernels(long seed, int vectorBytes) {
    this.random = new Random(seed);
    this.wide = random.nextInt(3) == 0;
    int most = vectorBytes / (wide ? 8 : 4);
    this.lanes = random.nextInt(4) > 0 ? most : 1 << random.nextInt(1 + log2(most));
    this.crowded = random.nextInt(4) == 0;
  }

  private static int log2(int n) {
    return 31 - Integer.numberOfLeadingZeros(n);
  }

  static Sample sample(long seed, int vectorBytes) {
    return new RandomKernels(seed, vectorBytes).make();
  }

  private Sample make() {
    int n = crowded && random.nextBoolean() ? 18 + random.nextInt(8) : 1 + random.nextInt(6);
    for (int i = 0; i < n; i++) {
      params.add(storage());
      sizes.add(64 + random.nextInt(300));
    }
    budget = crowded ? 120 : 8 + random.nextInt(40);
    int extent = 1 + random.nextInt(5);
    loops.add(new int[] {vars++, extent});
    List<Stmt> body = new ArrayList<>();
    block(body, 0, extent);
    if (random.nextBoolean()) {
      for (Reg r : List.copyOf(all())) {
        if (body.size() < 200) {
          storeOf(body, r);
        }
      }
    }
    return new Sample(new Kernel(params, lanes, extent, body), sizes);
  }

  private List<Reg> all() {
    List<Reg> found = new ArrayList<>();
    known.values().forEach(found::addAll);
    return found;
  }

  private DType storage() {
    DType d;
    do {
      d = STORAGE[random.nextInt(STORAGE.length)];
    } while (!wide && d.bytes() == 8);
    return random.nextInt(3) == 0 ? DType.F32 : d;
  }

  private DType type() {
    return switch (random.nextInt(wide ? 8 : 5)) {
      case 0, 1, 2 -> DType.F32;
      case 3 -> DType.I32;
      case 4 -> DType.BOOL;
      case 5, 6 -> DType.F64;
      default -> DType.I64;
    };
  }

  private void block(List<Stmt> out, int depth, int runs) {
    int n = 3 + random.nextInt(crowded ? 40 : 14);
    for (int i = 0; i < n && budget > 0; i++) {
      budget--;
      int what = random.nextInt(20);
      if (what == 0 && depth < 3 && runs < 60) {
        int extent = random.nextInt(3) == 0 ? 8 + random.nextInt(8) : 1 + random.nextInt(5);
        int var = vars++;
        loops.add(new int[] {var, extent});
        List<Stmt> body = new ArrayList<>();
        block(body, depth + 1, runs * extent);
        if (random.nextBoolean()) {
          block(body, depth + 1, runs * extent);
        }
        loops.removeLast();
        out.add(new Stmt.For(var, extent, body));
      } else if (what <= 2) {
        storeOf(out, of(out, type()));
      } else if (what == 3) {
        Reg r = fresh(type());
        out.add(new Stmt.Let(r, constant(r.dtype())));
        variables.add(r);
        add(r);
      } else if (what <= 6 && !variables.isEmpty()) {
        Reg r = variables.get(random.nextInt(variables.size()));
        Code c = code(out, r.dtype(), r);
        out.add(new Stmt.Let(r, c));
      } else {
        define(out, type());
      }
    }
  }

  private Reg fresh(DType d) {
    return new Reg(registers++, d);
  }

  private void add(Reg r) {
    known.computeIfAbsent(r.dtype(), d -> new ArrayList<>()).add(r);
  }

  private Reg define(List<Stmt> out, DType d) {
    Code c = code(out, d, null);
    Reg r = fresh(d);
    out.add(new Stmt.Let(r, c));
    add(r);
    return r;
  }

  /// A register of this type: an old one as a rule.
  private Reg of(List<Stmt> out, DType d) {
    List<Reg> old = known.getOrDefault(d, List.of());
    if (old.isEmpty()) {
      Reg r = fresh(d);
      out.add(new Stmt.Let(r, random.nextBoolean() ? constant(d) : source(out, d)));
      add(r);
      return r;
    }
    int back = crowded ? old.size() : Math.min(6, old.size());
    return old.get(old.size() - 1 - random.nextInt(back));
  }

  private Code constant(DType d) {
    return new Code.Const(Samples.bits(random, d));
  }

  /// A load, or a constant where no buffer has the type.
  private Code source(List<Stmt> out, DType d) {
    int p = random.nextInt(params.size());
    for (int i = 0; i < params.size(); i++) {
      int q = (p + i) % params.size();
      if (Reg.widened(params.get(q)) == d) {
        return load(out, q);
      }
    }
    return d == DType.I32 ? new Code.Index(affine(2), random.nextInt(5) - 1) : constant(d);
  }

  private Code load(List<Stmt> out, int p) {
    if (random.nextInt(8) == 0) {
      return gather(out, p);
    }
    Access a = access(out, p);
    return new Code.Load(new Mem(p, a.at), a.stride, a.count, a.mask);
  }

  private Code gather(List<Stmt> out, int p) {
    // Indices modulo a power of two below the buffer's size.
    Reg some = of(out, DType.I32);
    Reg limit = fresh(DType.I32);
    out.add(new Stmt.Let(limit, new Code.Const(31)));
    Reg index = fresh(DType.I32);
    out.add(new Stmt.Let(index, new Code.Apply(Primitive.AND, List.of(some, limit))));
    Affine at = bounded(p, 31);
    boolean masked = random.nextInt(3) == 0;
    int count = random.nextBoolean() ? lanes : count();
    return new Code.Gather(new Mem(p, at), index, count, masked ? of(out, DType.BOOL) : null);
  }

  private record Access(Affine at, int stride, int count, @Nullable Reg mask) {}

  private Access access(List<Stmt> out, int p) {
    int kind = random.nextInt(10);
    int stride = kind < 6 ? 1 : kind == 6 ? 2 : kind == 7 ? -1 : kind == 8 ? 3 : 0;
    int count = stride == 0 || random.nextInt(3) > 0 ? lanes : count();
    int touched = count;
    Reg mask = null;
    if (random.nextInt(4) == 0) {
      if (random.nextBoolean()) {
        // A mask that keeps lanes away that would be outside.
        touched = 1 + random.nextInt(count);
        mask = fresh(DType.BOOL);
        out.add(new Stmt.Let(mask, new Code.First(touched)));
      } else {
        mask = of(out, DType.BOOL);
      }
    }
    int last = (touched - 1) * stride;
    Affine at = bounded(p, Math.abs(last));
    return new Access(stride < 0 ? at.plus(-last) : at, stride, count, mask);
  }

  private int count() {
    return switch (random.nextInt(4)) {
      case 0 -> 1;
      case 1 -> Math.max(1, lanes - 1);
      case 2 -> Math.max(1, lanes / 2);
      default -> 1 + random.nextInt(lanes);
    };
  }

  /// A place such that it and `span` elements behind it are inside, often at an end.
  private Affine bounded(int p, int span) {
    int size = sizes.get(p);
    Affine a = affine(12);
    long low = 0;
    long high = 0;
    for (Affine.Term t : a.terms()) {
      long edge = t.factor() * (extent(t.var()) - 1);
      low += Math.min(0, edge);
      high += Math.max(0, edge);
    }
    long room = size - 1 - span - (high - low);
    if (room < 0) {
      a = Affine.of(0);
      low = 0;
      room = size - 1 - span;
    }
    long at =
        switch (random.nextInt(3)) {
          case 0 -> 0;
          case 1 -> room;
          default -> random.nextInt((int) room + 1);
        };
    return a.linear().plus(at - low);
  }

  private int extent(int var) {
    for (int[] l : loops) {
      if (l[0] == var) {
        return l[1];
      }
    }
    throw new AssertionError("no loop " + var);
  }

  private Affine affine(int largest) {
    Affine a = Affine.of(random.nextInt(5));
    for (int[] l : loops) {
      if (random.nextInt(3) > 0) {
        a = a.plus(Affine.var(l[0]).times(random.nextInt(largest + 3) - 2));
      }
    }
    return a;
  }

  private Code code(List<Stmt> out, DType d, @Nullable Reg self) {
    int what = random.nextInt(12);
    if (what <= 2) {
      return source(out, d);
    }
    if (what == 3) {
      Reg x = of(out, type());
      return x.dtype() == d ? new Code.Copy(x) : new Code.Cast(x);
    }
    if (what == 4 && lanes > 1) {
      return new Code.Swap(of(out, d), 1 << random.nextInt(log2(lanes)));
    }
    if (what == 5 && d == DType.I32) {
      return new Code.Index(affine(50), random.nextInt(7) - 3);
    }
    if (what == 5 && d == DType.BOOL) {
      return new Code.First(random.nextInt(lanes + 1));
    }
    return apply(out, d, self);
  }

  private Code apply(List<Stmt> out, DType d, @Nullable Reg self) {
    Primitive fn = pick(d);
    DType t = d;
    if (fn == Primitive.LT || fn == Primitive.LE || fn == Primitive.EQ || fn == Primitive.NE) {
      do {
        t = type();
      } while (t == DType.BOOL && (fn == Primitive.LT || fn == Primitive.LE));
    }
    if (fn == Primitive.BITS) {
      return reinterpret(out, d);
    }
    List<Reg> args = new ArrayList<>();
    for (int i = 0; i < fn.arity(); i++) {
      args.add(of(out, fn == Primitive.SELECT && i == 0 ? DType.BOOL : t));
    }
    if (random.nextInt(4) == 0) {
      Reg once = loadedOnce(out, t);
      if (once != null) {
        args.set(
            random.nextInt(args.size() - (fn == Primitive.SELECT ? 1 : 0))
                + (fn == Primitive.SELECT ? 1 : 0),
            once);
      }
    }
    if (self != null && self.dtype() == t && random.nextInt(3) > 0) {
      args.set(fn == Primitive.FMA && random.nextBoolean() ? 2 : fn.arity() - 1, self);
    }
    if (fn.text().contains("sh") && random.nextInt(3) > 0) {
      Reg by = fresh(d);
      out.add(new Stmt.Let(by, new Code.Const(random.nextInt(70) - 2)));
      args.set(1, by);
    }
    return new Code.Apply(fn, args);
  }

  /// A whole load that has one reader: code may read the memory there.
  private @Nullable Reg loadedOnce(List<Stmt> out, DType t) {
    for (int p = 0; p < params.size(); p++) {
      if (params.get(p) == t && t != DType.BOOL) {
        int stride = random.nextInt(2);
        Reg r = fresh(t);
        Affine at = bounded(p, stride * (lanes - 1));
        out.add(new Stmt.Let(r, new Code.Load(new Mem(p, at), stride, lanes, null)));
        if (random.nextInt(4) == 0) {
          storeOf(out, of(out, t));
        }
        return r;
      }
    }
    return null;
  }

  private Code reinterpret(List<Stmt> out, DType d) {
    DType from =
        switch (d) {
          case F32 -> DType.I32;
          case F64 -> DType.I64;
          case I32 -> DType.F32;
          default -> DType.F64;
        };
    Reg x = of(out, from);
    if (from.isFloat()) {
      Reg number = fresh(DType.BOOL);
      out.add(new Stmt.Let(number, new Code.Apply(Primitive.EQ, List.of(x, x))));
      Reg zero = fresh(from);
      out.add(new Stmt.Let(zero, new Code.Const(0)));
      Reg clean = fresh(from);
      out.add(new Stmt.Let(clean, new Code.Apply(Primitive.SELECT, List.of(number, x, zero))));
      x = clean;
    }
    return new Code.Apply(Primitive.BITS, List.of(x));
  }

  private Primitive pick(DType d) {
    Primitive[] all = Primitive.values();
    if (d == DType.F32 && random.nextInt(3) == 0) {
      return Primitive.FMA;
    }
    while (true) {
      Primitive p = all[random.nextInt(all.length)];
      boolean fits =
          switch (p) {
            case ADD, SUB, MUL, DIV, FMA, NEG, ABS, MIN, MAX, FLOOR, ROUND, BITS -> d != DType.BOOL;
            case SQRT -> d.isFloat();
            case LT, LE, EQ, NE -> d == DType.BOOL;
            case SELECT -> true;
            case AND, OR, XOR, NOT -> !d.isFloat();
            case SHL, SHR, USHR, POPCOUNT -> d.isInteger();
          };
      if (fits) {
        return p;
      }
    }
  }

  private void storeOf(List<Stmt> out, Reg r) {
    int p = random.nextInt(params.size());
    for (int i = 0; i < params.size(); i++) {
      int q = (p + i) % params.size();
      if (Reg.widened(params.get(q)) == r.dtype() || random.nextInt(12) == 0) {
        Access a = access(out, q);
        int stride = a.stride == 0 ? 1 : a.stride;
        int count = a.stride == 0 ? 1 : a.count;
        out.add(new Stmt.Store(new Mem(q, a.at), r, stride, count, a.mask));
        return;
      }
    }
  }
}
