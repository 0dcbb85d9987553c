package dev.retrograde.examples;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.KernelOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Writer;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.target.KernelCompiler.Machine;
import dev.retrograde.target.LoopNest;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// An op of one's own with a loop nest of its own: the recurrence `y_t = a_t y_(t-1) + b_t` along
/// time, the heart of gated linear recurrent layers.
///
/// `a, b: [batch, time, features]`, both f32 or both f64, give `y` of the same shape, from `y = 0`
/// before the first step; `reverse` begins at the last one. A `Scan` says the same, and is what the
/// op means, but copies rows in and out of its body; the nest keeps `y` in a register over all of
/// time.
///
/// The derivative is the recurrence again, backwards in time: with cotangents `g` of `y`,
///
/// ```
/// db_t = g_t + a_(t+1) db_(t+1)
/// da_t = db_t y_(t-1)
/// ```
public record LinearScan(boolean reverse) implements KernelOp.Definition, LoopNest {
  @Override
  public String name() {
    return reverse ? "linear-scan-reversed" : "linear-scan";
  }

  @Override
  public List<Type> infer(List<Type> in) {
    if (in.size() != 2
        || !in.get(0).equals(in.get(1))
        || in.get(0).rank() != 3
        || !in.get(0).dtype().isFloat()) {
      throw new IllegalArgumentException(
          "a linear scan takes factors and addends of one floating type [batch, time, features],"
              + " found "
              + in);
    }
    return List.of(in.get(0));
  }

  @Override
  public List<Value> reference(Emit e, List<Value> operands) {
    Trace t = Trace.over(e);
    Tensor a = t.transpose(new Tensor(operands.get(0)), 1, 0, 2);
    Tensor b = t.transpose(new Tensor(operands.get(1)), 1, 0, 2);
    Tensor start = t.zeros(Type.of(a.dtype(), a.dim(1), a.dim(2)));
    Control.Stepped rows =
        new Control(t)
            .scan(
                a.type().extents().get(0),
                reverse,
                List.of(start),
                List.of(a, b),
                (i, y, x) -> {
                  Tensor next = t.add(t.mul(x.get(0), y.get(0)), x.get(1));
                  return new Control.Stepped(List.of(next), List.of(next));
                });
    return List.of(t.transpose(rows.rows().get(0), 1, 0, 2).value());
  }

  // The derivative.

  @Override
  public KernelOp.Vjp vjp() {
    return this::back;
  }

  private List<@Nullable Value> back(
      Emit e, Node n, List<@Nullable Value> cotangents, List<Boolean> wanted) {
    Value g = cotangents.get(0);
    if (g == null) {
      return Arrays.asList(null, null);
    }
    Trace t = Trace.over(e);
    Tensor a = new Tensor(n.operand(0));
    Tensor db = t.kernel(new LinearScan(!reverse), shifted(t, a, !reverse), new Tensor(g)).get(0);
    if (!wanted.get(0)) {
      return Arrays.asList(null, db.value());
    }
    Tensor da = t.mul(db, shifted(t, new Tensor(n.result()), reverse));
    return List.of(da.value(), db.value());
  }

  /// What the step before saw, in the order of a recurrence that runs this way; zeros at its start.
  private static Tensor shifted(Trace t, Tensor x, boolean reverse) {
    int time = x.dim(1);
    if (time == 0) {
      return x;
    }
    Tensor kept = t.slice(x, List.of(0, reverse ? 1 : 0, 0), List.of(x.dim(0), time - 1, x.dim(2)));
    Tensor zeros = t.zeros(Type.of(x.dtype(), x.dim(0), 1, x.dim(2)));
    return reverse ? t.concat(1, kept, zeros) : t.concat(1, zeros, kept);
  }

  @Override
  public KernelOp.Jvp jvp() {
    return (e, n, tangents) -> {
      Trace t = Trace.over(e);
      Tensor a = new Tensor(n.operand(0));
      List<Tensor> addends = new ArrayList<>();
      Value da = tangents.get(0);
      if (da != null) {
        addends.add(t.mul(new Tensor(da), shifted(t, new Tensor(n.result()), reverse)));
      }
      Value db = tangents.get(1);
      if (db != null) {
        addends.add(new Tensor(db));
      }
      Tensor sum = addends.stream().reduce(t::add).orElseThrow();
      return List.of(t.kernel(this, a, sum).get(0).value());
    };
  }

  // The loop nest.

  /// Samples in parallel; in each, a register of neighbouring features walks through time.
  @Override
  public Answer nest(List<Type> operands, List<Type> results, Machine machine) {
    Type x = operands.get(0);
    int features = x.dim(2);
    if (x.size() == 0) {
      return new Refused("there is nothing to compute");
    }
    Writer w = new Writer(machine.lanes(x.dtype().bytes()));
    int a = w.param(x.dtype());
    int b = w.param(x.dtype());
    int y = w.param(x.dtype());
    int whole = features / w.lanes();
    Affine sample = Affine.var(0).times((long) x.dim(1) * features);
    if (whole > 0) {
      w.loop(
          whole,
          v -> {
            Affine at = sample.plus(Affine.var(v).times(w.lanes()));
            walk(w, x, List.of(a, b, y), at, w.lanes());
          });
    }
    if (features % w.lanes() > 0) {
      Affine at = sample.plus((long) whole * w.lanes());
      walk(w, x, List.of(a, b, y), at, features % w.lanes());
    }
    return new Written(w.finish(x.dim(0)));
  }

  /// @param at place of these features in the first step
  private void walk(Writer w, Type x, List<Integer> params, Affine at, int count) {
    Reg y = w.variable(Reg.widened(x.dtype()), new Code.Const(0));
    int steps = x.dim(1);
    long row = x.dim(2);
    w.loop(
        steps,
        t -> {
          Affine step =
              reverse
                  ? at.plus((steps - 1) * row).plus(Affine.var(t).times(-row))
                  : at.plus(Affine.var(t).times(row));
          Reg a = w.load(params.get(0), step, 1, count, null);
          Reg b = w.load(params.get(1), step, 1, count, null);
          Reg product = w.apply(Primitive.MUL, a, y);
          w.set(y, new Code.Apply(Primitive.ADD, List.of(product, b)));
          w.store(params.get(2), step, y, 1, count, null);
        });
  }

  // What it is worth.

  /// A step that has the gradient of the sum of squares of `y` in `a` and `b`.
  static Program step(int batch, int time, int features) {
    Type x = Type.of(DType.F32, batch, time, features);
    return Trace.program(
        "linear scan",
        true,
        t -> {
          Tensor a = t.input("a", x);
          Tensor b = t.input("b", x);
          Tensor y = t.kernel(new LinearScan(false), a, b).get(0);
          Tensor loss = t.sum(t.mul(y, y));
          Map<String, Value> wrt = Map.of("a", a.value(), "b", b.value());
          t.output("loss", loss);
          new TreeMap<>(Reverse.gradients(t.emit(), t.emit().nodes(), loss.value(), wrt))
              .forEach((name, g) -> t.output("d" + name, new Tensor(g)));
        });
  }

  /// The fastest of some runs, in microseconds, and the loss.
  private static double[] time(Program p, Set<String> without) {
    Target target = Targets.find().choose("auto").target();
    Target.Options options = new Target.Options(1, without);
    try (StateStore state = StateStore.of(1, p);
        Executable step = target.compile(p, state, options)) {
      fill(step.input("a"), 0.9f);
      fill(step.input("b"), 0.1f);
      long best = Long.MAX_VALUE;
      for (int i = 0; i < 200; i++) {
        long start = System.nanoTime();
        step.run();
        best = Math.min(best, System.nanoTime() - start);
      }
      return new double[] {best / 1e3, step.output("loss").get(ValueLayout.JAVA_FLOAT, 0)};
    }
  }

  private static void fill(MemorySegment s, float v) {
    for (long i = 0; i < s.byteSize() / Float.BYTES; i++) {
      s.setAtIndex(ValueLayout.JAVA_FLOAT, i, v);
    }
  }

  public static void main(String[] args) {
    Program p = step(16, 128, 64);
    double[] scan = time(p, Set.of("kernels"));
    double[] nest = time(p, Set.of());
    System.out.printf(Locale.ROOT, "reference form %.0f us, loss %.4f%n", scan[0], scan[1]);
    System.out.printf(Locale.ROOT, "own loop nest %.0f us, loss %.4f%n", nest[0], nest[1]);
  }
}
