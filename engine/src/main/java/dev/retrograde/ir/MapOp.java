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
