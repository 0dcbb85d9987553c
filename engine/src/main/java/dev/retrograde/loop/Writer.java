package dev.retrograde.loop;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes the body of a kernel. Equal loads and constants inside one straight-line stretch are
/// merged.
public final class Writer {
  private final int lanes;
  private final List<DType> params = new ArrayList<>();
  private final Deque<List<Stmt>> open = new ArrayDeque<>();
  private final Deque<Map<Code, Reg>> known = new ArrayDeque<>();
  private int vars = 1;
  private int regs;

  public Writer(int lanes) {
    this.lanes = lanes;
    open.push(new ArrayList<>());
    known.push(new HashMap<>());
  }

  public int lanes() {
    return lanes;
  }

  /// A new parameter.
  public int param(DType storage) {
    params.add(storage);
    return params.size() - 1;
  }

  public DType storage(int param) {
    return params.get(param);
  }

  /// A loop; `body` receives its variable. With extent 1 the body is written without a loop and the
  /// variable must not be used: `body` receives a variable that is never set, so callers test
  /// first.
  public void loop(int extent, java.util.function.IntConsumer body) {
    int var = vars++;
    open.push(new ArrayList<>());
    known.push(new HashMap<>());
    body.accept(var);
    known.pop();
    List<Stmt> inner = open.pop();
    forgetStoresInto(inner);
    open.element().add(new Stmt.For(var, extent, inner));
  }

  private void forgetStoresInto(List<Stmt> inner) {
    for (Stmt s : inner) {
      if (s instanceof Stmt.Store) {
        known.element().keySet().removeIf(c -> c instanceof Code.Load || c instanceof Code.Gather);
        return;
      }
      if (s instanceof Stmt.For f) {
        forgetStoresInto(f.body());
      }
    }
  }

  /// Loads written so far are not merged with later ones: where keeping them would cost registers.
  public void forgetLoads() {
    known.element().keySet().removeIf(c -> c instanceof Code.Load);
  }

  public Reg fresh(DType d) {
    return new Reg(regs++, d);
  }

  /// Writes `code` into a new register, or gives the register that already holds it.
  public Reg let(DType d, Code code) {
    for (Map<Code, Reg> m : known) {
      Reg r = m.get(code);
      if (r != null && r.dtype() == d && (m == known.element() || !(code instanceof Code.Load))) {
        return r;
      }
    }
    Reg r = fresh(d);
    open.element().add(new Stmt.Let(r, code));
    known.element().put(code, r);
    return r;
  }

  /// Sets an existing register: an accumulator.
  public void set(Reg r, Code code) {
    open.element().add(new Stmt.Let(r, code));
  }

  /// A register that will be set again: never merged with another.
  public Reg variable(DType d, Code initial) {
    Reg r = fresh(d);
    open.element().add(new Stmt.Let(r, initial));
    return r;
  }

  public Reg load(int param, Affine at, int stride, int count, @Nullable Reg mask) {
    return let(
        Reg.widened(params.get(param)), new Code.Load(new Mem(param, at), stride, count, mask));
  }

  /// One element in every lane.
  public Reg broadcast(int param, Affine at) {
    return load(param, at, 0, lanes, null);
  }

  public void store(int param, Affine at, Reg value, int stride, int count, @Nullable Reg mask) {
    open.element().add(new Stmt.Store(new Mem(param, at), value, stride, count, mask));
    known.forEach(
        m -> m.keySet().removeIf(c -> c instanceof Code.Load l && l.from().param() == param));
  }

  public Reg constant(DType d, long bits) {
    return let(d, new Code.Const(bits));
  }

  public Reg apply(Primitive fn, Reg... args) {
    DType d = fn.result(List.of(args).stream().map(Reg::dtype).toList());
    return let(d, new Code.Apply(fn, List.of(args)));
  }

  public Reg cast(DType to, Reg r) {
    return r.dtype() == to ? r : let(to, new Code.Cast(r));
  }

  /// Writes scalar code lane by lane; arguments already widened.
  ///
  /// Narrow integer types compute in I32 and wrap when they are stored; bf16 computes in F32.
  public List<Reg> inline(ScalarCode code, List<Reg> args) {
    ScalarCode low = code.lowered();
    Reg[] at = new Reg[low.instrs().size()];
    for (int i = 0; i < at.length; i++) {
      ScalarCode.Instr x = low.instrs().get(i);
      DType d = Reg.widened(x.dtype());
      at[i] =
          switch (x) {
            case ScalarCode.Arg a -> args.get(a.index());
            case ScalarCode.Const c ->
                constant(
                    d,
                    x.dtype() == d
                        ? c.bits()
                        : ScalarCode.bitsOf(d, ScalarCode.toDouble(x.dtype(), c.bits())));
            case ScalarCode.Cast c -> cast(d, at[c.arg()]);
            case ScalarCode.Apply a ->
                let(
                    d,
                    new Code.Apply((Primitive) a.fn(), a.args().stream().map(k -> at[k]).toList()));
          };
    }
    return low.results().stream().map(r -> at[r]).toList();
  }

  /// The kernel, whose outermost loop has this extent.
  public Kernel finish(int extent) {
    return new Kernel(params, lanes, extent, open.element());
  }
}
