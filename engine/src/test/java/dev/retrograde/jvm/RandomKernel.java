package dev.retrograde.jvm;

import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Mem;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Stmt;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// Kernels of one lane that use everything the kernel language has, and stay inside buffers whose
/// sizes come with them. The bits of a NaN are no part of a kernel's meaning, so only numbers are
/// reinterpreted as integers.
final class RandomKernel {
  private static final DType[] REGISTERS = {DType.F32, DType.F64, DType.I32, DType.I64, DType.BOOL};
  private static final Primitive[] REAL = {
    Primitive.ADD, Primitive.SUB, Primitive.MUL, Primitive.DIV, Primitive.FMA, Primitive.NEG,
    Primitive.ABS, Primitive.SQRT, Primitive.MIN, Primitive.MAX, Primitive.FLOOR, Primitive.ROUND
  };
  private static final Primitive[] WHOLE = {
    Primitive.ADD,
    Primitive.SUB,
    Primitive.MUL,
    Primitive.DIV,
    Primitive.FMA,
    Primitive.NEG,
    Primitive.ABS,
    Primitive.MIN,
    Primitive.MAX,
    Primitive.AND,
    Primitive.OR,
    Primitive.XOR,
    Primitive.NOT,
    Primitive.SHL,
    Primitive.SHR,
    Primitive.USHR,
    Primitive.POPCOUNT,
    Primitive.FLOOR,
    Primitive.ROUND
  };
  private static final Primitive[] TRUTH = {
    Primitive.AND, Primitive.OR, Primitive.XOR, Primitive.NOT, Primitive.EQ, Primitive.NE
  };
  private static final Primitive[] COMPARE = {
    Primitive.LT, Primitive.LE, Primitive.EQ, Primitive.NE
  };

  private final SplittableRandom random;
  private final List<DType> params = new ArrayList<>();
  private final long[] sizes;
  private final List<int[]> loops = new ArrayList<>();
  private List<Reg> known = new ArrayList<>();
  private List<Stmt> body = new ArrayList<>();
  private int regs;
  private int vars = 1;
  private int budget;

  private RandomKernel(SplittableRandom random, int statements) {
    this.random = random;
    this.budget = statements;
    int n = 2 + random.nextInt(6);
    for (int i = 0; i < n; i++) {
      params.add(DType.values()[random.nextInt(DType.values().length)]);
    }
    sizes = new long[n];
  }

  /// A kernel and the elements that each of its buffers needs.
  record Sized(Kernel kernel, long[] sizes) {}

  static Sized of(long seed, int statements) {
    RandomKernel k = new RandomKernel(new SplittableRandom(seed), statements);
    int extent = k.random.nextInt(5);
    k.loops.add(new int[] {0, extent});
    k.statements();
    for (Reg r : List.copyOf(k.known)) {
      if (k.random.nextInt(3) == 0) {
        k.store(r);
      }
    }
    return new Sized(new Kernel(k.params, 1, extent, k.body), k.sizes);
  }

  private void statements() {
    int n = Math.min(budget, 4 + random.nextInt(Math.max(8, budget)));
    for (int i = 0; i < n && budget > 0; i++) {
      budget--;
      if (random.nextInt(12) == 0 && loops.size() < 4) {
        loop();
      } else if (random.nextInt(6) == 0 && !known.isEmpty()) {
        store(known.get(random.nextInt(known.size())));
      } else {
        DType d = REGISTERS[random.nextInt(REGISTERS.length)];
        let(target(d), d);
      }
    }
  }

  private void loop() {
    int var = vars++;
    int extent = random.nextInt(8) == 0 ? random.nextInt(2) : 2 + random.nextInt(3);
    loops.add(new int[] {var, extent});
    List<Stmt> outer = body;
    List<Reg> before = new ArrayList<>(known);
    body = new ArrayList<>();
    statements();
    outer.add(new Stmt.For(var, extent, body));
    body = outer;
    loops.removeLast();
    if (extent == 0) {
      known = before;
    }
  }

  /// A new register, or one that is set again.
  private Reg target(DType d) {
    List<Reg> old = known.stream().filter(r -> r.dtype() == d).toList();
    return old.isEmpty() || random.nextInt(4) > 0
        ? new Reg(regs++, d)
        : old.get(random.nextInt(old.size()));
  }

  private Reg let(Reg to, DType d) {
    Code code = code(d);
    return set(to, code);
  }

  private Reg set(Reg to, Code code) {
    body.add(new Stmt.Let(to, code));
    if (!known.contains(to)) {
      known.add(to);
    }
    return to;
  }

  /// A register of a type that is already set, or a new constant.
  private Reg any(DType d) {
    List<Reg> old = known.stream().filter(r -> r.dtype() == d).toList();
    if (!old.isEmpty() && random.nextInt(10) > 0) {
      int near = Math.min(old.size(), 8);
      return random.nextBoolean()
          ? old.get(old.size() - 1 - random.nextInt(near))
          : old.get(random.nextInt(old.size()));
    }
    return set(new Reg(regs++, d), constant(d));
  }

  private Code constant(DType d) {
    if (d == DType.BOOL && random.nextBoolean()) {
      return new Code.First(random.nextInt(2));
    }
    return new Code.Const(bits(random, d));
  }

  /// Stored bits of a type: often small or extreme.
  static long bits(SplittableRandom random, DType d) {
    long raw = random.nextLong();
    int kind = random.nextInt(10);
    double[] special = {
      0.0,
      -0.0,
      1,
      -1,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      Double.NaN,
      0.5,
      2.5,
      1e30,
      -1e19,
      3e9,
      1e-40,
      Double.MIN_VALUE,
      127.6,
      300
    };
    double v = kind < 4 ? special[random.nextInt(special.length)] : random.nextInt(-20, 20) * 0.75;
    long whole =
        switch (kind) {
          case 0 -> 0;
          case 1 -> Long.MIN_VALUE;
          case 2 -> Integer.MIN_VALUE;
          case 3 -> -1;
          default -> random.nextInt(-70, 70);
        };
    return switch (d) {
      case F32 -> Float.floatToRawIntBits(kind < 9 ? (float) v : Float.intBitsToFloat((int) raw));
      case F64 -> Double.doubleToRawLongBits(kind < 9 ? v : Double.longBitsToDouble(raw));
      case BF16 -> kind < 9 ? Float.floatToRawIntBits((float) v) >>> 16 : raw;
      case I8, I16, I32, I64, U8, FRAME -> kind < 8 ? whole : raw;
      case BOOL -> raw & 1;
    };
  }

  private @Nullable Reg mask() {
    return random.nextInt(3) == 0 ? any(DType.BOOL) : null;
  }

  private Code code(DType d) {
    int choice = random.nextInt(20);
    if (choice < 4) {
      return load(d);
    }
    if (choice == 4) {
      return constant(d);
    }
    if (choice == 5) {
      return new Code.Copy(any(d));
    }
    if (choice < 8) {
      DType from = REGISTERS[random.nextInt(REGISTERS.length)];
      return from == d ? new Code.Copy(any(d)) : new Code.Cast(any(from));
    }
    if (choice == 8) {
      return new Code.Apply(Primitive.SELECT, List.of(any(DType.BOOL), any(d), any(d)));
    }
    return switch (d) {
      case F32 -> choice == 9 ? bits(DType.I32) : apply(d, REAL);
      case F64 -> choice == 9 ? bits(DType.I64) : apply(d, REAL);
      case I32 ->
          switch (choice) {
            case 9 -> bits(DType.F32);
            case 10 -> new Code.Index(affine(-50), random.nextInt(3));
            default -> apply(d, WHOLE);
          };
      case I64 -> choice == 9 ? bits(DType.F64) : apply(d, WHOLE);
      case BOOL ->
          choice < 13
              ? apply(d, TRUTH)
              : apply(REGISTERS[random.nextInt(REGISTERS.length - 1)], COMPARE);
      case BF16, I8, I16, U8, FRAME -> throw new AssertionError(d);
    };
  }

  private Code apply(DType d, Primitive[] among) {
    Primitive p = among[random.nextInt(among.length)];
    List<Reg> args = new ArrayList<>();
    for (int i = 0; i < p.arity(); i++) {
      args.add(any(d));
    }
    return new Code.Apply(p, args);
  }

  private Code bits(DType from) {
    Reg x = any(from);
    if (from.isFloat()) {
      Reg number = new Reg(regs++, DType.BOOL);
      set(number, new Code.Apply(Primitive.EQ, List.of(x, x)));
      Reg one = set(new Reg(regs++, from), new Code.Const(0));
      x = set(new Reg(regs++, from), new Code.Apply(Primitive.SELECT, List.of(number, x, one)));
    }
    return new Code.Apply(Primitive.BITS, List.of(x));
  }

  /// A sum over some of the loops around, at least `least` everywhere.
  private Affine affine(long least) {
    Affine a = Affine.of(0);
    long low = 0;
    for (int[] loop : loops) {
      if (random.nextBoolean()) {
        long f = random.nextInt(-3, 6);
        a = a.plus(Affine.var(loop[0]).times(f));
        low += Math.min(0, f * Math.max(0, loop[1] - 1));
      }
    }
    return a.plus(least - low + random.nextInt(4));
  }

  private long most(Affine a) {
    long m = a.constant();
    for (Affine.Term t : a.terms()) {
      for (int[] loop : loops) {
        if (loop[0] == t.var()) {
          m += Math.max(0, t.factor() * Math.max(0, loop[1] - 1));
        }
      }
    }
    return m;
  }

  private Mem place(int p, long more) {
    Affine a = affine(0);
    sizes[p] = Math.max(sizes[p], most(a) + more + 1);
    return new Mem(p, a);
  }

  private Code load(DType d) {
    int p = random.nextInt(params.size());
    DType storage = params.get(p);
    if (Reg.widened(storage) != d) {
      return new Code.Copy(any(d));
    }
    Reg mask = mask();
    if (random.nextInt(4) > 0) {
      return new Code.Load(place(p, 0), random.nextInt(3), random.nextInt(9) == 0 ? 0 : 1, mask);
    }
    Reg seven = set(new Reg(regs++, DType.I32), new Code.Const(7));
    Reg index = new Reg(regs++, DType.I32);
    set(index, new Code.Apply(Primitive.AND, List.of(any(DType.I32), seven)));
    return new Code.Gather(place(p, 7), index, 1, mask);
  }

  private void store(Reg r) {
    int p = random.nextInt(params.size());
    Reg mask = mask();
    body.add(new Stmt.Store(place(p, 0), r, 1, random.nextInt(9) == 0 ? 0 : 1, mask));
  }
}
