package dev.retrograde.x64;

import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Stmt;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Turns a kernel into the sequence of its steps.
///
/// Loads sink to their first reader, so that a list of loads does not hold registers, and disappear
/// into it where it can read memory itself; stores are never crossed. Short loops are unrolled,
/// each copy with registers of its own; the order of operations stays as it is.
final class Lowering {
  private final Kernel kernel;
  private final Features features;
  private final Sequence seq;
  private final Expansion expand;
  private final Accesses accesses;
  private final Census census;
  private final @Nullable Value[] current;

  private Lowering(Kernel kernel, Features features) {
    this.kernel = kernel;
    this.features = features;
    this.census = Census.of(kernel);
    int widest = kernel.lanes() * census.widest();
    if (Integer.bitCount(kernel.lanes()) != 1 || widest > features.vectorBytes()) {
      throw new IllegalArgumentException(
          "kernel with "
              + kernel.lanes()
              + " lanes of up to "
              + census.widest()
              + " bytes: expected a power of two that fits registers of "
              + features.vectorBytes()
              + " bytes; take the lanes from Machine.lanes");
    }
    this.seq = new Sequence(features, kernel.lanes(), census.maskSize());
    this.expand = new Expansion(seq);
    this.accesses = new Accesses(seq, expand);
    this.current = new Value[census.registers()];
  }

  static Sequence lower(Kernel kernel, Features features) {
    Lowering l = new Lowering(kernel, features);
    Loop outer = l.seq.begin(0, 0, 1);
    l.block(kernel.body());
    l.seq.back(outer);
    l.seq.exit(outer);
    return l.seq;
  }

  // Loops.

  private void loop(Stmt.For f) {
    int unroll = Unrolling.of(f);
    int trips = f.extent() / unroll;
    if (unroll == f.extent()) {
      for (int i = 0; i < unroll; i++) {
        iteration(f, i, false);
      }
      return;
    }
    Loop l = seq.begin(f.var(), trips, unroll);
    for (int i = 0; i < unroll; i++) {
      iteration(f, i, true);
    }
    seq.back(l);
    for (int i = 0; i < f.extent() - trips * unroll; i++) {
      iteration(f, i, true);
    }
    seq.exit(l);
  }

  private void iteration(Stmt.For f, int offset, boolean moves) {
    seq.set(f.var(), offset, moves);
    for (int reg : census.own(f)) {
      current[reg] = null;
    }
    block(f.body());
  }

  // Statements.

  private void block(List<Stmt> body) {
    Map<Integer, Stmt.Let> waiting = new LinkedHashMap<>();
    for (int i = 0; i < body.size(); i++) {
      switch (body.get(i)) {
        case Stmt.For f -> {
          flush(waiting);
          if (f.extent() > 0) {
            loop(f);
          }
        }
        case Stmt.Let l -> {
          if (l.code() instanceof Code.Load x && x.mask() == null) {
            waiting.put(l.to().id(), l);
          } else {
            let(l, waiting);
          }
        }
        case Stmt.Store t -> {
          flush(waiting);
          DType storage = kernel.params().get(t.to().param());
          Address at = seq.address(t.to().param(), t.to().at(), storage.bytes());
          Value mask = t.mask() == null ? null : value(t.mask());
          accesses.store(
              value(t.value()), t.value().dtype(), storage, at, t.stride(), t.count(), mask);
        }
      }
    }
    flush(waiting);
  }

  private void flush(Map<Integer, Stmt.Let> waiting) {
    if (!waiting.isEmpty()) {
      waiting.values().forEach(this::loadNow);
      waiting.clear();
    }
  }

  private void loadNow(Stmt.Let l) {
    load(l.to(), (Code.Load) l.code(), null);
  }

  private void load(Reg r, Code.Load l, @Nullable Value mask) {
    DType storage = kernel.params().get(l.from().param());
    Address at = seq.address(l.from().param(), l.from().at(), storage.bytes());
    accesses.load(target(r), r.dtype(), storage, at, l.stride(), l.count(), mask);
  }

  /// The value that a register holds; one that is loaded late is loaded now.
  private Value use(Reg r, Map<Integer, Stmt.Let> waiting) {
    if (!waiting.isEmpty()) {
      Stmt.Let l = waiting.remove(r.id());
      if (l != null) {
        loadNow(l);
      }
    }
    return value(r);
  }

  private Value value(Reg r) {
    Value v = current[r.id()];
    if (v == null) {
      throw new IllegalArgumentException("kernel reads " + r + " before it is set\n" + kernel);
    }
    return v;
  }

  /// The value that a register will hold from now on: the same as before, if it has one, since
  /// loops may carry it.
  private Value target(Reg r) {
    Value v = current[r.id()];
    if (v == null || v.isConstant()) {
      v = seq.fresh(r.dtype());
      current[r.id()] = v;
    }
    return v;
  }

  private void let(Stmt.Let l, Map<Integer, Stmt.Let> waiting) {
    Reg to = l.to();
    switch (l.code()) {
      case Code.Const c -> constant(to, seq.constant(to.dtype(), c.bits()), waiting);
      case Code.First f -> {
        if (features.avx512()) {
          constant(to, seq.first(f.count(), 8), waiting);
        } else {
          constant(to, seq.first(f.count(), seq.maskSize), waiting);
        }
      }
      case Code.Load x -> {
        Value mask = x.mask() == null ? null : use(x.mask(), waiting);
        waiting.remove(to.id());
        load(to, x, mask);
      }
      case Code.Gather g -> {
        Value index = use(g.index(), waiting);
        Value mask = g.mask() == null ? null : use(g.mask(), waiting);
        waiting.remove(to.id());
        index = expand.cast(g.index().dtype(), DType.I32, index);
        DType storage = kernel.params().get(g.from().param());
        Address at = seq.address(g.from().param(), g.from().at(), storage.bytes());
        accesses.gather(target(to), to.dtype(), storage, at, index, g.count(), mask);
      }
      case Code.Apply a -> {
        Value[] args = arguments(a, waiting);
        waiting.remove(to.id());
        DType t = a.args().get(a.fn() == Primitive.SELECT ? 1 : 0).dtype();
        expand.apply(a.fn(), t, target(to), args);
      }
      case Code.Cast c -> {
        Value x = use(c.arg(), waiting);
        waiting.remove(to.id());
        expand.cast(c.arg().dtype(), to.dtype(), target(to), x);
      }
      case Code.Copy c -> {
        Value x = use(c.arg(), waiting);
        waiting.remove(to.id());
        expand.copy(target(to), x);
      }
      case Code.Index x -> {
        waiting.remove(to.id());
        Address at = seq.integer(x.value());
        if (at.family().terms.isEmpty()) {
          constant(to, seq.steps(at.family().offset + at.displacement(), x.step()), waiting);
        } else {
          Ins ins = new Ins(Ins.Kind.INDEX, target(to), seq.steps(at.displacement(), x.step()));
          ins.address = new Address(at.family(), 0);
          seq.add(ins);
        }
      }
      case Code.Swap w -> {
        Value x = use(w.arg(), waiting);
        waiting.remove(to.id());
        swap(to, w, x);
      }
    }
  }

  /// A constant stands for its register where nothing else ever sets it.
  private void constant(Reg to, Value constant, Map<Integer, Stmt.Let> waiting) {
    waiting.remove(to.id());
    if (census.sets(to.id()) == 1) {
      current[to.id()] = constant;
    } else {
      expand.copy(target(to), constant);
    }
  }

  private void swap(Reg to, Code.Swap w, Value x) {
    boolean mask = to.dtype() == DType.BOOL;
    DType i = DType.I32;
    Value from = mask ? expand.cast(DType.BOOL, i, x) : x;
    Value dst = mask ? seq.fresh(i) : target(to);
    Ins ins = new Ins(Ins.Kind.SWAP, dst, from);
    ins.count = w.distance();
    seq.add(ins);
    if (mask) {
      expand.cast(i, DType.BOOL, target(to), dst);
    }
  }

  private Value[] arguments(Code.Apply a, Map<Integer, Stmt.Let> waiting) {
    List<Reg> regs = a.args();
    Value[] args = new Value[regs.size()];
    int folded = waiting.isEmpty() ? -1 : foldable(a, waiting);
    for (int i = 0; i < args.length; i++) {
      if (i == folded) {
        Code.Load l = (Code.Load) Objects.requireNonNull(waiting.remove(regs.get(i).id())).code();
        DType storage = kernel.params().get(l.from().param());
        Address at = seq.address(l.from().param(), l.from().at(), storage.bytes());
        boolean broadcast = l.stride() == 0 && seq.lanes > 1;
        args[i] = Value.folded(storage.bytes(), at, broadcast);
      } else {
        args[i] = use(regs.get(i), waiting);
      }
    }
    return args;
  }

  /// The operand that the instruction can read from memory itself, or -1.
  private int foldable(Code.Apply a, Map<Integer, Stmt.Let> waiting) {
    List<Reg> regs = a.args();
    DType t = regs.get(a.fn() == Primitive.SELECT ? 1 : 0).dtype();
    for (int i = regs.size() - 1; i >= 0; i--) {
      Stmt.Let l = waiting.get(regs.get(i).id());
      if (l != null
          && regs.get(i).dtype() != DType.BOOL
          && census.isUsedOnce(regs.get(i).id())
          && isFoldable((Code.Load) l.code(), regs.get(i).dtype())
          && Demands.takesMemory(features, a.fn(), t, i)) {
        return i;
      }
    }
    return -1;
  }

  private boolean isFoldable(Code.Load l, DType t) {
    DType storage = kernel.params().get(l.from().param());
    if (storage != t || l.count() != seq.lanes || seq.lanes * storage.bytes() < 16) {
      return false;
    }
    return l.stride() == 1 || l.stride() == 0 && features.avx512();
  }
}
