package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarCode.Apply;
import dev.retrograde.scalar.ScalarCode.Cast;
import dev.retrograde.scalar.ScalarEval;
import dev.retrograde.scalar.ScalarFn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Elementwise ops.
public sealed interface MapOp extends Op {

  /// Applies scalar code at every index. Operands have equal extents and the parameter types of the
  /// code; there is one result for each result of the code.
  record Map(ScalarCode code) implements MapOp {
    @Override
    public List<Type> infer(List<Type> in) {
      if (in.size() != code.params().size() || in.isEmpty()) {
        throw new IllegalArgumentException(
            "the scalar code takes " + code.params().size() + " operands, found " + in.size());
      }
      for (int i = 0; i < in.size(); i++) {
        if (!in.get(i).extents().equals(in.get(0).extents())) {
          throw new IllegalArgumentException(
              "operand "
                  + i
                  + " is "
                  + in.get(i)
                  + " and operand 0 is "
                  + in.get(0)
                  + "; elementwise operands have equal shapes, broadcast the smaller one");
        }
        if (in.get(i).dtype() != code.params().get(i)) {
          throw new IllegalArgumentException(
              "operand "
                  + i
                  + " is "
                  + in.get(i).dtype().text()
                  + ", expected "
                  + code.params().get(i).text()
                  + "; cast it");
        }
      }
      List<Type> out = new ArrayList<>();
      for (int r = 0; r < code.results().size(); r++) {
        out.add(in.get(0).with(code.resultType(r)));
      }
      return out;
    }

    @Override
    public boolean free() {
      return code.instrs().stream().noneMatch(i -> i instanceof Apply);
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      List<@Nullable Value> out = new ArrayList<>();
      for (int i = 0; i < n.operands().size(); i++) {
        Value sum = null;
        if (wanted.get(i)) {
          for (int r = 0; r < code.results().size(); r++) {
            Value dy = cots.get(r);
            Value part = dy == null ? null : times(e, n, i, r, dy, code.params().get(i));
            sum = part == null ? sum : sum == null ? part : e.plus(sum, part);
          }
        }
        out.add(sum);
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      List<@Nullable Value> out = new ArrayList<>();
      for (int r = 0; r < code.results().size(); r++) {
        Value sum = null;
        for (int i = 0; i < n.operands().size(); i++) {
          Value t = tangents.get(i);
          Value part = t == null ? null : times(e, n, i, r, t, code.resultType(r));
          sum = part == null ? sum : sum == null ? part : e.plus(sum, part);
        }
        out.add(sum);
      }
      return out;
    }

    /// d(result r)/d(operand i) times `v`, as one map over only what the partial reads; null if
    /// flat.
    private @Nullable Value times(Emit e, Node n, int i, int r, Value v, DType to) {
      if (!code.params().get(i).isFloat() || !code.resultType(r).isFloat()) {
        return null;
      }
      int arity = code.params().size();
      List<DType> params = new ArrayList<>(code.params());
      params.addAll(code.results().stream().map(x -> code.instrs().get(x).dtype()).toList());
      params.add(v.type().dtype());
      ScalarCode.Builder b = new ScalarCode.Builder(params);
      List<Integer> args = new ArrayList<>();
      for (int k = 0; k < arity; k++) {
        args.add(b.arg(k));
      }
      Integer partial = Derivatives.partial(b, code, args, arity, i, r);
      if (partial == null) {
        return null;
      }
      int seed = b.cast(code.resultType(r), b.arg(params.size() - 1));
      int scaled = b.scaled(partial, seed);
      ScalarCode full = b.build(List.of(b.cast(to, scaled))).pruned();
      // Keep only the parameters that are read.
      List<Value> all = new ArrayList<>(n.operands());
      all.addAll(n.results());
      all.add(v);
      List<DType> used = new ArrayList<>();
      List<Value> operands = new ArrayList<>();
      List<ScalarCode.Instr> instrs = new ArrayList<>();
      for (ScalarCode.Instr x : full.instrs()) {
        if (x instanceof ScalarCode.Arg a) {
          instrs.add(new ScalarCode.Arg(used.size(), a.dtype()));
          used.add(a.dtype());
          operands.add(all.get(a.index()));
        } else {
          instrs.add(x);
        }
      }
      if (operands.isEmpty()) {
        return e.fill(n.operands().get(i).type(), 0);
      }
      return e.add(
          new Map(new ScalarCode(used, instrs, full.results())), operands.toArray(Value[]::new));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      ScalarEval eval = new ScalarEval(code);
      List<HostTensor> out = results.stream().map(HostTensor::zeros).toList();
      long[] params = new long[in.size()];
      int n = out.get(0).size();
      for (int i = 0; i < n; i++) {
        for (int k = 0; k < params.length; k++) {
          params[k] = in.get(k).bits(i);
        }
        eval.run(params);
        for (int r = 0; r < out.size(); r++) {
          out.get(r).setBits(i, eval.result(r));
        }
      }
      return out;
    }
  }

  /// The identity whose derivative is taken to be zero.
  record StopGradient() implements MapOp {
    @Override
    public List<Type> infer(List<Type> in) {
      return List.of(in.get(0));
    }

    @Override
    public boolean free() {
      return true;
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Derivatives.none(1);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Derivatives.none(1);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      return List.of(in.get(0));
    }
  }

  /// One half of a reversible unit: `y = x + f` for operands `[x, f]` of equal floating type, where
  /// `f` was computed from what is still known after the unit, so that [#inverse] gives `x` back
  /// (Gomez et al., "The reversible residual network", NIPS 2017, additive coupling). An op of its
  /// own, and not a sum, so that saving policies see what may be rebuilt.
  ///
  /// Plain, the sum is rounded, and the inverse is off by roundings that add up over the units. The
  /// paper leaves it there; with a grid `q` we depart from it: `y = x + R(f)`, where `R` rounds to
  /// the nearest multiple of 2^-q, ties to even. If `x` is on the grid too and `|y| 2^q` below 2^24
  /// (f64: 2^53), sum and difference are exact and the inverse gives the bits of `x`. Beyond that
  /// `y` is NaN, so that a run that has left the range is refused instead of going on with wrong
  /// gradients. `x` comes from [Snap] or from another coupling on the same grid: such numbers have
  /// no negative zero, whose sign a sum would lose.
  ///
  /// Derivatives are those of the sum in both forms: rounding is passed straight through.
  ///
  /// @param grid `q`, from 0 to 23 (f64: 52), or [#PLAIN]
  record Couple(int grid) implements MapOp {
    /// No grid: an ordinary sum.
    public static final int PLAIN = -1;

    public Couple {
      if (grid < PLAIN) {
        throw new IllegalArgumentException("a grid is at least 0, or PLAIN (-1); found " + grid);
      }
    }

    @Override
    public List<Type> infer(List<Type> in) {
      if (in.size() != 2 || !in.get(0).equals(in.get(1))) {
        throw new IllegalArgumentException(
            "expected [x, f] of one type, found " + in + "; the branch must keep the shape");
      }
      code(in.get(0).dtype());
      return List.of(in.get(0));
    }

    /// What it computes, as scalar code of `(x, f)`.
    public ScalarCode code(DType d) {
      ScalarCode.Builder b = new ScalarCode.Builder(List.of(d, d));
      if (grid == PLAIN) {
        OnGrid.floating(d);
        return b.build(List.of(b.add(b.arg(0), b.arg(1))));
      }
      int y = b.add(b.arg(0), OnGrid.round(b, b.arg(1), grid));
      return b.build(List.of(OnGrid.guard(b, y, grid)));
    }

    /// Appends the way back: `x` from `y` and the same `f`, bit for bit if there is a grid.
    public Value inverse(Emit e, Value y, Value f) {
      ScalarCode.Builder b = new ScalarCode.Builder(List.of(y.type().dtype(), f.type().dtype()));
      int added = grid == PLAIN ? b.arg(1) : OnGrid.round(b, b.arg(1), grid);
      return e.add(new Map(b.build(List.of(b.sub(b.arg(0), added)))), y, f);
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      List<@Nullable Value> out = new ArrayList<>();
      wanted.forEach(w -> out.add(w ? cots.get(0) : null));
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      Value x = tangents.get(0);
      Value f = tangents.get(1);
      List<@Nullable Value> out = new ArrayList<>();
      out.add(x == null ? f : f == null ? x : e.plus(x, f));
      return out;
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      return new Map(code(results.get(0).dtype())).eval(in, results);
    }
  }

  /// To the nearest multiple of 2^-grid, ties to even, zero without sign; NaN where `|y| 2^grid`
  /// reaches 2^24 (f64: 2^53), beyond which sums of such numbers are no longer exact. What a chain
  /// of exact couplings starts from. Rounding is passed straight through by derivatives.
  ///
  /// @param grid from 0 to 23 (f64: 52)
  record Snap(int grid) implements MapOp {
    public Snap {
      if (grid < 0) {
        throw new IllegalArgumentException("a grid is at least 0, found " + grid);
      }
    }

    @Override
    public List<Type> infer(List<Type> in) {
      code(in.get(0).dtype());
      return List.of(in.get(0));
    }

    /// What it computes, as scalar code of `(x)`.
    public ScalarCode code(DType d) {
      ScalarCode.Builder b = new ScalarCode.Builder(List.of(d));
      int unsigned = b.add(OnGrid.round(b, b.arg(0), grid), b.constant(d, 0));
      return b.build(List.of(OnGrid.guard(b, unsigned, grid)));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Derivatives.same(cots.get(0));
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Derivatives.same(tangents.get(0));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      return new Map(code(results.get(0).dtype())).eval(in, results);
    }
  }

  /// Derivatives of scalar code.
  final class Derivatives {
    private Derivatives() {}

    static List<@Nullable Value> none(int n) {
      List<@Nullable Value> out = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        out.add(null);
      }
      return out;
    }

    static List<@Nullable Value> same(@Nullable Value v) {
      List<@Nullable Value> out = new ArrayList<>();
      out.add(v);
      return out;
    }

    /// Index of d(result r)/d(parameter i), or null if flat. `resultBase` is the parameter index of
    /// the code's own first result, so that a lone function's derivative may read it.
    static @Nullable Integer partial(
        ScalarCode.Builder b, ScalarCode code, List<Integer> args, int resultBase, int i, int r) {
      ScalarFn lone = code.single();
      if (lone != null) {
        return partials(b, lone, args, b.arg(resultBase)).get(i);
      }
      int n = code.instrs().size();
      List<Integer> at = new ArrayList<>();
      List<@Nullable Integer> d = new ArrayList<>();
      for (int k = 0; k < n; k++) {
        ScalarCode.Instr x = code.instrs().get(k);
        switch (x) {
          case ScalarCode.Arg a -> {
            at.add(args.get(a.index()));
            d.add(a.index() == i ? b.constant(a.dtype(), 1) : null);
          }
          case ScalarCode.Const c -> {
            at.add(b.bits(c.dtype(), c.bits()));
            d.add(null);
          }
          case Cast c -> {
            at.add(b.cast(c.dtype(), at.get(c.arg())));
            Integer inner = d.get(c.arg());
            d.add(inner == null || !c.dtype().isFloat() ? null : b.cast(c.dtype(), inner));
          }
          case Apply a -> {
            List<Integer> in = a.args().stream().map(at::get).toList();
            int y = b.apply(a.fn(), in);
            at.add(y);
            boolean any = a.dtype().isFloat() && a.args().stream().anyMatch(q -> d.get(q) != null);
            Integer sum = null;
            if (any) {
              List<@Nullable Integer> ps = partials(b, a.fn(), in, y);
              for (int q = 0; q < in.size(); q++) {
                Integer inner = d.get(a.args().get(q));
                Integer p = ps.get(q);
                if (inner != null && p != null) {
                  int term = b.scaled(p, inner);
                  sum = sum == null ? (Integer) term : (Integer) b.add(sum, term);
                }
              }
            }
            d.add(sum);
          }
        }
      }
      return d.get(code.results().get(r));
    }

    private static List<@Nullable Integer> partials(
        ScalarCode.Builder b, ScalarFn fn, List<Integer> args, int y) {
      return Functions.partials(b, fn, args, y);
    }
  }
}
