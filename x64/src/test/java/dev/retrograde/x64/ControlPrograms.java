package dev.retrograde.x64;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Callable;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Programs made of branches, loops and calls, nested at random. Inputs: the vector `x`, the matrix
/// `m`, the rows `xs` and the small whole number `n`; one entry of state, which is updated. All
/// values stay bounded. Gradients of `y` squared are outputs too.
final class ControlPrograms {
  static final int SIZE = 5;
  static final int ROWS = 3;

  private static final Type VECTOR = Type.of(DType.F64, SIZE);
  private static final Type WHOLE = Type.of(DType.I32);
  private static final int MOST_DEPTH = 3;

  private final Trace t;
  private final Control c;
  private final Random random;
  private final Tensor m;
  private final Tensor xs;
  private final Tensor w;
  private final List<Callable> functions = new ArrayList<>();

  /// Values of what surrounds the block at hand.
  private record Scope(Tensor vector, Tensor number, int depth) {
    Scope with(Tensor v) {
      return new Scope(v, number, depth);
    }

    Scope inside(Tensor v, Tensor n) {
      return new Scope(v, n, depth + 1);
    }
  }

  private ControlPrograms(Trace t, Random random, Tensor m, Tensor xs, Tensor w) {
    this.t = t;
    this.c = new Control(t);
    this.random = random;
    this.m = m;
    this.xs = xs;
    this.w = w;
  }

  static Program random(long seed) {
    return Trace.program(
        "random" + seed,
        false,
        t -> {
          Tensor x = t.input("x", VECTOR);
          Tensor m = t.input("m", Type.of(DType.F64, SIZE, SIZE));
          Tensor xs = t.input("xs", Type.of(DType.F64, ROWS, SIZE));
          Tensor n = t.input("n", WHOLE);
          Tensor w = t.state("w", Role.PARAMETER, VECTOR, new Init.Normal(0, 1));
          ControlPrograms p = new ControlPrograms(t, new Random(seed), m, xs, w);
          p.declare();
          Tensor y = p.statements(new Scope(x, n, 0), 3);
          t.output("y", y);
          Value loss = t.sum(t.mul(y, y)).value();
          Value one = t.emit().fill(loss.type(), 1);
          List<Value> wanted = List.of(x.value(), m.value(), xs.value(), w.value());
          Map<Value, Value> found =
              Reverse.pullback(t.emit(), t.nodes(), Map.of(loss, one), wanted);
          for (int i = 0; i < wanted.size(); i++) {
            Value g = found.get(wanted.get(i));
            if (g != null) {
              t.output("gradient" + i, new Tensor(g));
            }
          }
          t.assign("w", t.add(t.mul(w, 0.5), y));
        });
  }

  /// Two functions that may call each other and themselves, each a number less.
  private void declare() {
    for (int k = 0; k < 2; k++) {
      functions.add(c.function("f" + k, false, List.of(WHOLE, VECTOR), List.of(VECTOR, WHOLE)));
    }
    for (Callable f : functions) {
      f.define(p -> {
        Tensor n = p.get(0);
        return c.cond(
            t.less(n, whole(1)),
            () -> List.of(p.get(1), whole(1)),
            () -> {
              Tensor less = t.sub(n, whole(1));
              List<Tensor> a = any().call(less, t.mul(p.get(1), 0.5));
              Tensor middle = statements(new Scope(a.get(0), less, MOST_DEPTH - 1), 2);
              List<Tensor> b = any().call(t.sub(less, whole(1)), t.mul(middle, p.get(1)));
              return List.of(
                  t.apply(Functions.TANH, t.add(t.mul(b.get(0), w), middle)),
                  t.add(a.get(1), b.get(1)));
            });
      });
    }
  }

  private Callable any() {
    return functions.get(random.nextInt(functions.size()));
  }

  private Tensor whole(int n) {
    return t.constant(DType.I32, n);
  }

  private Tensor statements(Scope start, int count) {
    Tensor v = start.vector;
    for (int i = 0; i < count; i++) {
      v = statement(start.with(v));
    }
    return v;
  }

  private Tensor statement(Scope s) {
    int kind = s.depth >= MOST_DEPTH ? random.nextInt(2) : random.nextInt(8);
    return switch (kind) {
      case 0 -> t.apply(Functions.TANH, t.matmul(m, s.vector));
      case 1 -> t.mul(t.apply(Functions.TANH, t.add(s.vector, w)), s.vector);
      case 2, 3 -> branch(s);
      case 4 -> counted(s);
      case 5 -> conditional(s);
      case 6 -> scan(s);
      default -> called(s);
    };
  }

  private Tensor branch(Scope s) {
    Tensor positive = t.less(t.constant(DType.F64, 0), t.sum(s.vector));
    return c.cond(
            positive,
            () -> List.of(statements(s.inside(s.vector, s.number), 2)),
            () -> List.of(random.nextBoolean() ? s.vector : statement(s.inside(w, s.number))))
        .get(0);
  }

  private Tensor counted(Scope s) {
    List<Tensor> r =
        c.forLoop(
            s.number,
            List.of(s.vector, t.mul(w, 0.1)),
            (i, k) -> {
              Tensor v = statement(s.inside(k.get(0), i));
              return List.of(t.mul(t.add(v, k.get(1)), 0.5), k.get(0));
            });
    return t.add(r.get(0), r.get(1));
  }

  private Tensor conditional(Scope s) {
    List<Tensor> r =
        c.whileLoop(
            10,
            List.of(s.vector, whole(0)),
            k -> t.less(k.get(1), t.add(s.number, whole(1))),
            k -> List.of(statement(s.inside(k.get(0), k.get(1))), t.add(k.get(1), whole(1))));
    return t.apply(Functions.TANH, t.mul(r.get(0), t.cast(r.get(1), DType.F64)));
  }

  private Tensor scan(Scope s) {
    Stepped r =
        c.scan(
            Extent.of(ROWS),
            random.nextBoolean(),
            List.of(s.vector),
            List.of(xs),
            (i, k, rows) -> {
              Tensor v = statement(s.inside(t.add(k.get(0), rows.get(0)), i));
              return new Stepped(List.of(t.mul(v, 0.5)), List.of(t.sum(v)));
            });
    return t.apply(Functions.TANH, t.add(r.carried().get(0), t.sum(r.rows().get(0))));
  }

  private Tensor called(Scope s) {
    return any().call(t.apply(Primitive.MIN, s.number, whole(3)), s.vector).get(0);
  }
}
