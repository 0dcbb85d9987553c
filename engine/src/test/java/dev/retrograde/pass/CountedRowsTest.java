package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.RowOp;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Verifier;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.pass.ragged.Capacities;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.KernelCompiler.Machine;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Selection;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/// Steps run for as many rows as a count says, and touch nothing outside of their buffers whatever
/// lies past it.
class CountedRowsTest {
  private static final int CAPACITY = 32;
  private static final Type WHOLE = Type.of(DType.I32);

  private static Program program(BiConsumer<Trace, Extent> body) {
    return Verifier.verify(
        Trace.program(
            "rows",
            true,
            t -> body.accept(t, new Extent.Ragged(CAPACITY, t.input("n", WHOLE).value()))));
  }

  private static Type f32(Extent rows, int columns) {
    return new Type(DType.F32, List.of(rows, Extent.of(columns)));
  }

  private static List<Step> steps(Program p) {
    return Planned.of(p, Capacities.run(p), new Machine(64, 32, true), Target.Options.DEFAULT)
        .allSteps();
  }

  private static List<Step.Launch> whole(Program p) {
    List<Step.Launch> out = new ArrayList<>();
    for (Step s : steps(p)) {
      if (s instanceof Step.Launch l && l.rows() == null) {
        out.add(l);
      }
    }
    return out;
  }

  @Test
  void elementwiseCodeProductsAndSumsBesideTheAxisAreCounted() {
    Program p =
        program((t, rows) -> {
          Tensor x = t.input("x", f32(rows, 20));
          Tensor y = t.matmul(x, t.input("w", Type.of(DType.F32, 20, 30)));
          t.output("y", t.apply(Functions.TANH, y));
          t.output("s", t.sum(t.mul(x, x), 1));
        });
    assertThat(whole(p)).isEmpty();
  }

  @Test
  void sumsAcrossTheAxisAreNot() {
    Program p = program((t, rows) -> t.output("y", t.sum(t.input("x", f32(rows, 20)), 0)));
    assertThat(whole(p)).hasSize(1);
  }

  /// The count is no operand of anything in the body; it is handed in all the same.
  @Test
  void theBodyOfALoopIsCounted() {
    Program p =
        program((t, rows) -> {
          Tensor x = t.input("x", f32(rows, 20));
          Tensor w = t.input("w", Type.of(DType.F32, 20, 20));
          Control c = new Control(t);
          t.output(
              "y",
              c.forLoop(
                      t.constant(DType.I32, 3),
                      List.of(x),
                      (i, k) -> List.of(t.apply(Functions.TANH, t.matmul(k.get(0), w))))
                  .get(0));
        });
    List<Step.Launch> counted = new ArrayList<>();
    for (Step s : steps(p)) {
      if (s instanceof Step.Launch l && l.rows() != null) {
        counted.add(l);
      }
    }
    assertThat(counted).anyMatch(l -> l.macs() > 0);
  }

  @Test
  void rowsAreMovedByCount() {
    Program p =
        program((t, rows) -> {
          t.state("table", Role.PARAMETER, Type.of(DType.F32, 9, 4), new Init.Fill(1));
          Tensor x = t.input("x", f32(rows, 4));
          Tensor at = t.input("at", new Type(DType.I32, List.of(rows)));
          Tensor table = t.input("other", Type.of(DType.F32, 9, 4));
          t.output("set", t.op(new RowOp.SetRows(), table, x, at));
          t.output("added", t.op(new MoveOp.ScatterAdd(table.type().extents()), x, at));
          t.assign("table", x, at);
        });
    assertThat(steps(p))
        .filteredOn(s -> s instanceof Step.Move)
        .hasSize(3)
        .allMatch(s -> ((Step.Move) s).count() != null);
  }

  /// On machines that check every access.
  @Test
  void whatLiesPastTheCountIsNoPlaceInMemory() {
    Program p =
        program((t, rows) -> {
          t.state("table", Role.PARAMETER, Type.of(DType.F32, 9, 4), new Init.Normal(0, 1));
          Tensor x = t.input("x", f32(rows, 4));
          Tensor at = t.input("at", new Type(DType.I32, List.of(rows)));
          Tensor old = t.op(new MoveOp.Gather(), t.stateValue("table"), at);
          Selection s = Selection.compact(t, t.less(t.sum(x, 1), t.constant(DType.F32, 0)));
          t.output("chosen", s.gather(t, t.mul(x, old)));
          t.output("back", s.scatter(t, s.gather(t, x), CAPACITY));
          t.output("mean", t.mean(x, 0));
          t.assign("table", t.add(old, x), at);
        });
    for (int count : List.of(CAPACITY, 5, 0)) {
      Map<String, HostTensor> in =
          Map.of("n", HostTensor.scalar(DType.I32, count), "x", rows(count), "at", places(count));
      HostTensor table;
      try (StateStore s = StateStore.of(3, p)) {
        table = s.get("table");
      }
      Interpreter.Result meaning = Interpreter.run(p, in, Map.of("table", table));
      List<Target> targets = new ArrayList<>(ReferenceCompiler.all());
      targets.add(new JvmTarget());
      for (Target t : targets) {
        for (Target.Options o : List.of(Target.Options.DEFAULT, Comparison.PLAIN)) {
          compare(t, o, p, count, meaning, table);
        }
      }
    }
  }

  private static void compare(
      Target t,
      Target.Options options,
      Program p,
      int count,
      Interpreter.Result meaning,
      HostTensor table) {
    try (StateStore s = StateStore.of(3, p);
        Executable e = t.compile(p, s, options)) {
      Segments.write(e.input("n"), HostTensor.scalar(DType.I32, count));
      Segments.write(e.input("x"), past(rows(count), CAPACITY, Double.NaN, 4));
      Segments.write(e.input("at"), past(places(count), CAPACITY, 1 << 30));
      e.run();
      meaning
          .outputs()
          .forEach((name, y) -> {
            Type type = p.output(name).type();
            HostTensor found = Segments.read(e.output(name), type).resized(y.type().dims());
            Comparison.assertClose(t.name(), Map.of(name, y), Map.of(name, found), 1e-6);
          });
      HostTensor now = meaning.updates().getOrDefault("table", table);
      Comparison.assertClose(t.name(), Map.of("table", now), Map.of("table", s.get("table")), 1e-6);
    }
  }

  private static HostTensor rows(int n) {
    return HostTensor.fill(Type.of(DType.F32, n, 4), i -> Math.sin(i + 1) - 0.1);
  }

  private static HostTensor places(int n) {
    return HostTensor.fill(Type.of(DType.I32, n), i -> i * 5 % 9);
  }

  /// A tensor continued by rows of one number.
  private static HostTensor past(HostTensor x, int rows, double other, int... row) {
    List<Integer> dims = new ArrayList<>(List.of(rows));
    for (int d : row) {
      dims.add(d);
    }
    return HostTensor.fill(Type.of(x.dtype(), dims), i -> i < x.size() ? x.get(i) : other);
  }

  /// A count outside of its range is an error in the interpreter, and the nearer end elsewhere.
  @Test
  void aCountOutsideReadsNothingOutside() {
    Program p =
        program((t, rows) -> {
          Tensor x = t.input("x", f32(rows, 4));
          t.output("sum", t.sum(x, 0));
          t.output("twice", t.mul(x, 2));
        });
    for (Target t : ReferenceCompiler.all()) {
      try (StateStore s = StateStore.of(3, p);
          Executable e = t.compile(p, s, Target.Options.DEFAULT)) {
        Segments.write(e.input("x"), HostTensor.fill(Type.of(DType.F32, CAPACITY, 4), i -> 1));
        for (int count : List.of(-3, CAPACITY + 100)) {
          Segments.write(e.input("n"), HostTensor.scalar(DType.I32, count));
          e.run();
          assertThat(Segments.read(e.output("sum"), Type.of(DType.F32, 4)).toDoubles())
              .containsOnly(count < 0 ? 0 : CAPACITY);
        }
      }
    }
  }
}
