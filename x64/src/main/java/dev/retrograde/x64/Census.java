package dev.retrograde.x64;

import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Stmt;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Counts what a kernel does with each of its registers.
final class Census {
  private int[] sets = new int[64];
  private int[] reads = new int[64];
  private int registers;
  private int widest = 4;
  private boolean compares4;
  private boolean compares8;
  private final Map<Stmt.For, int[]> own = new IdentityHashMap<>();

  private Census() {}

  static Census of(Kernel k) {
    Census c = new Census();
    c.count(k.body());
    for (DType d : k.params()) {
      c.widest = Math.max(c.widest, Reg.widened(d) == DType.BOOL ? 4 : Reg.widened(d).bytes());
    }
    c.owners(k.body());
    return c;
  }

  /// One more than the largest number of a register.
  int registers() {
    return registers;
  }

  /// Bytes of the widest lane.
  int widest() {
    return widest;
  }

  /// Bytes of a lane of a mask with AVX2: those of what is compared most plausibly.
  int maskSize() {
    return compares8 && !compares4 ? 8 : 4;
  }

  int sets(int reg) {
    return sets[reg];
  }

  boolean isUsedOnce(int reg) {
    return sets[reg] == 1 && reads[reg] == 1;
  }

  /// Registers that only this loop's body mentions, and that each iteration sets before it reads
  /// them.
  int[] own(Stmt.For f) {
    int[] found = own.get(f);
    if (found == null) {
      throw new AssertionError("a loop that was not counted");
    }
    return found;
  }

  private void count(List<Stmt> body) {
    for (Stmt s : body) {
      if (s instanceof Stmt.For f) {
        count(f.body());
        continue;
      }
      Reg to = target(s);
      if (to != null) {
        grow(to);
        sets[to.id()]++;
      }
      operands(
          s,
          r -> {
            grow(r);
            reads[r.id()]++;
          });
      if (s instanceof Stmt.Let l && l.code() instanceof Code.Apply a && compares(a.fn())) {
        switch (a.args().get(0).dtype()) {
          case F64, I64 -> compares8 = true;
          case F32, I32 -> compares4 = true;
          case BOOL, BF16, I8, I16, U8, FRAME -> {}
        }
      }
    }
  }

  private static boolean compares(Primitive fn) {
    return fn == Primitive.LT || fn == Primitive.LE || fn == Primitive.EQ || fn == Primitive.NE;
  }

  private void grow(Reg r) {
    registers = Math.max(registers, r.id() + 1);
    if (r.id() >= sets.length) {
      sets = Arrays.copyOf(sets, 2 * r.id());
      reads = Arrays.copyOf(reads, 2 * r.id());
    }
    if (r.dtype() != DType.BOOL) {
      widest = Math.max(widest, r.dtype().bytes());
    }
  }

  private static @Nullable Reg target(Stmt s) {
    return s instanceof Stmt.Let l ? l.to() : null;
  }

  private static void operands(Stmt s, Consumer<Reg> each) {
    switch (s) {
      case Stmt.For f -> {}
      case Stmt.Store t -> {
        each.accept(t.value());
        if (t.mask() != null) {
          each.accept(t.mask());
        }
      }
      case Stmt.Let l -> {
        switch (l.code()) {
          case Code.Const c -> {}
          case Code.Load x -> {
            if (x.mask() != null) {
              each.accept(x.mask());
            }
          }
          case Code.Gather g -> {
            each.accept(g.index());
            if (g.mask() != null) {
              each.accept(g.mask());
            }
          }
          case Code.Apply a -> a.args().forEach(each);
          case Code.Cast c -> each.accept(c.arg());
          case Code.Copy c -> each.accept(c.arg());
          case Code.Index i -> {}
          case Code.First f -> {}
          case Code.Swap w -> each.accept(w.arg());
        }
      }
    }
  }

  /// Finds the registers that loops own. Only bodies without loops that stay are ever repeated, but
  /// all are answered.
  private void owners(List<Stmt> body) {
    for (Stmt s : body) {
      if (s instanceof Stmt.For f) {
        owners(f.body());
        own.put(f, owned(f));
      }
    }
  }

  private int[] owned(Stmt.For f) {
    // 1: set first; 2: read first
    byte[] first = new byte[registers];
    int[] mentions = new int[registers];
    walk(f.body(), first, mentions);
    int n = 0;
    int[] found = new int[registers];
    for (int r = 0; r < registers; r++) {
      if (first[r] == 1 && mentions[r] == sets[r] + reads[r]) {
        found[n++] = r;
      }
    }
    return Arrays.copyOf(found, n);
  }

  private static void walk(List<Stmt> body, byte[] first, int[] mentions) {
    for (Stmt s : body) {
      if (s instanceof Stmt.For f) {
        walk(f.body(), first, mentions);
        continue;
      }
      operands(
          s,
          r -> {
            mentions[r.id()]++;
            if (first[r.id()] == 0) {
              first[r.id()] = 2;
            }
          });
      Reg to = target(s);
      if (to != null) {
        mentions[to.id()]++;
        if (first[to.id()] == 0) {
          first[to.id()] = 1;
        }
      }
    }
  }
}
