package dev.retrograde.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.callback.Array;
import dev.retrograde.callback.Callbacks;
import dev.retrograde.callback.Cont;
import dev.retrograde.callback.Flow;
import dev.retrograde.callback.Gradients;
import dev.retrograde.callback.Ops;
import dev.retrograde.callback.Var;
import dev.retrograde.choice.Saving;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.Reservation;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The code of the guide to control flow works, and what it prints is what the guide says.
class ControlFlowGuideTest {
  private static final DType F = DType.F64;
  private static final Type REAL = Type.of(F);
  private static final Type WHOLE = Type.of(DType.I32);

  private static Shown guide() throws IOException {
    return Shown.in("docs/guides/control-flow.md");
  }

  // A loop.

  /// Multiplies x by w until it is at most 1; the loss is the square of what is left.
  static void shrink(Ops op, List<Var> p, Cont<Var> loss) {
    new Flow(op)
        .whileLoop(
            p.get(0),
            y -> y.item() > 1,
            (y, next) -> op.mul(y, p.get(1), next),
            y -> op.mul(y, y, loss));
  }

  static Tensor shrink(Trace t) {
    Tensor x = t.input("x", Type.of(DType.F64));
    Tensor w = t.parameter("w", DType.F64, new Init.Fill(0.5));
    Tensor one = t.constant(DType.F64, 1);
    Tensor y =
        new Control(t)
            .whileLoop(
                1_000, List.of(x), v -> t.less(one, v.get(0)), v -> List.of(t.mul(v.get(0), w)))
            .get(0);
    return t.mul(y, y);
  }

  /// The text of a program without lines and phases, and with the names of functions of two numbers
  /// in place of their code.
  private static List<String> brief(Program p) {
    return Printer.print(p)
        .replaceAll(" (line|@)? ?\"[^\"]*\\.java:\\d+\"", "")
        .replaceAll(" @\"[^\"]*\"", "")
        .replaceAll(" phase \\w+", "")
        .replaceAll("Map\\{code=[^;]*;[^;]*; \\$2 = (\\w+) [^;]*; return \\$2}}", "$1")
        .replaceAll("Fill\\{type=[^,]*, bits=\\w+\\(([^)]*)\\)}", "$1")
        .replaceAll("StateEntry\\{name=(\"\\w+\").*}", "$1")
        .lines()
        .toList();
  }

  @Test
  void callbacksInTenLines() throws IOException {
    Gradients g = Callbacks.grad(ControlFlowGuideTest::shrink, Array.scalar(10), Array.scalar(0.5));
    String line =
        String.format(
            Locale.ROOT,
            "loss %s, d x %s, d w %s; %s",
            g.loss(),
            g.gradient(0).item(),
            g.gradient(1).item(),
            g.counters());
    guide().has("A loop, with callbacks", List.of(line.split("; ")));
  }

  @Test
  void aTracedLoopAndItsGradientAsText() throws IOException {
    Program p = Trace.program("shrink", false, t -> t.output("loss", shrink(t)));
    guide().has("The same loop, traced", brief(p));
    Program joint = Runs.gradients(ControlFlowGuideTest::shrink);
    guide().has("What reverse mode makes of it", brief(joint));
  }

  @ParameterizedTest
  @MethodSource("dev.retrograde.examples.ControlFlowExamplesTest#targets")
  void aTracedLoopHasTheGradientsOfCallbacks(Target target) {
    Program p = Runs.gradients(ControlFlowGuideTest::shrink);
    for (double x : new double[] {0.5, 1.5, 10, 1e6}) {
      Map<String, HostTensor> found = Runs.run(target, p, Map.of("x", HostTensor.scalar(F, x)));
      Gradients g =
          Callbacks.grad(ControlFlowGuideTest::shrink, Array.scalar(x), Array.scalar(0.5));
      assertThat(found.get("loss").get(0)).isEqualTo(g.loss());
      assertThat(found.get("d w").get(0)).isEqualTo(g.gradient(1).item());
    }
  }

  // Branches, counted loops, scans.

  /// The square root where there is one that has a slope, else a line.
  static Tensor root(Trace t, Tensor x) {
    return new Control(t)
        .cond(
            t.less(t.constant(F, 0.25), x), () -> List.of(t.sqrt(x)), () -> List.of(t.add(x, 0.25)))
        .get(0);
  }

  /// c[0] + c[1] x + c[2] x x + ..., the first `n` terms.
  static Tensor polynomial(Trace t, Tensor n, Tensor c, Tensor x) {
    return new Control(t)
        .forLoop(
            n,
            List.of(t.constant(F, 0), t.constant(F, 1)),
            (i, v) -> {
              Tensor term = t.mul(t.op(new MoveOp.Gather(), c, i), v.get(1));
              return List.of(t.add(v.get(0), term), t.mul(v.get(1), x));
            })
        .get(0);
  }

  /// A recurrent network: `x: [time, k]`, `w: [k, k]`, to the states of all steps.
  static Tensor recurrent(Trace t, Tensor x, Tensor w) {
    Tensor start = t.zeros(x.type().without(List.of(0)));
    Stepped s =
        new Control(t)
            .scan(
                List.of(start),
                List.of(x),
                (i, carried, row) -> {
                  Tensor h = t.add(t.matmul(carried.get(0), w), row.get(0));
                  Tensor y = t.apply(Functions.TANH, h);
                  return new Stepped(List.of(y), List.of(y));
                });
    return s.rows().get(0);
  }

  @ParameterizedTest
  @MethodSource("dev.retrograde.examples.ControlFlowExamplesTest#targets")
  void branchesLoopsAndScansHaveTheGradientsOfCallbacks(Target target) {
    Runs.compare(target, t -> root(t, t.parameter("x", F, new Init.Uniform(0, 1))), Map.of());
    Runs.compare(
        target,
        t ->
            polynomial(
                t,
                t.input("n", WHOLE),
                t.parameter("c", F, new Init.Normal(0, 1), 6),
                t.parameter("x", F, new Init.Fill(0.9))),
        Map.of("n", HostTensor.scalar(DType.I32, 5)));
    Runs.compare(
        target,
        t ->
            t.sum(
                recurrent(
                    t,
                    t.input("rows", Type.of(F, 7, 3)),
                    t.parameter("w", F, new Init.Normal(0, 1), 3, 3))),
        Map.of("rows", HostTensor.fill(Type.of(F, 7, 3), i -> Math.sin(i))));
  }

  // Memory.

  /// x -> tanh(w x) n times, with a matrix that is only multiplied with.
  static Tensor steps(Trace t, int k) {
    Tensor w = t.parameter("w", DType.F32, new Init.Normal(0, 0.1), k, k);
    Tensor x = t.parameter("x", DType.F32, new Init.Normal(0, 1), k);
    List<Tensor> end =
        new Control(t)
            .forLoop(
                t.input("trips", Type.of(DType.I32)),
                List.of(x),
                (i, v) -> List.of(t.apply(Functions.TANH, t.matmul(v.get(0), w))));
    return t.sum(end.get(0));
  }

  /// Bytes that frames have taken after runs of so many trips.
  private static List<Long> frames(Program p, int... trips) {
    List<Long> bytes = new ArrayList<>();
    try (StateStore state = StateStore.of(5, p);
        Executable run = new JvmTarget().compile(p, state, Target.Options.DEFAULT)) {
      Reservation before = run.reserved();
      for (int n : trips) {
        Segments.write(run.input("trips"), HostTensor.scalar(DType.I32, n));
        run.run();
        bytes.add(run.reserved().frames() - before.frames());
      }
    }
    return bytes;
  }

  @Test
  void framesGrowWithTripsAndLedgersWithRows() throws IOException {
    List<String> lines = new ArrayList<>();
    for (boolean deferred : new boolean[] {false, true}) {
      Reverse.Options options = new Reverse.Options(deferred);
      Program p = Runs.gradients(t -> steps(t, 16), options);
      List<Long> bytes = frames(p, 10, 1_000, 10_000);
      assertThat(bytes).isSorted();
      assertThat(bytes.get(2)).isGreaterThan(4 * bytes.get(1)).isGreaterThan(4 * 16 * 10_000);
      lines.add(
          String.format(
              Locale.ROOT,
              "%-8s  10 trips %,d bytes, 1,000 trips %,d bytes, 10,000 trips %,d bytes",
              deferred ? "deferred" : "strict",
              bytes.get(0),
              bytes.get(1),
              bytes.get(2)));
    }
    guide().hasShape("bytes reserved for frames", lines);
  }

  @Test
  void segmentsOfAScanKeepLess() throws IOException {
    List<String> lines = new ArrayList<>();
    long arena = Long.MAX_VALUE;
    for (int segments : new int[] {1, 4, 20}) {
      Program plain =
          Runs.gradients(
              t ->
                  t.sum(
                      recurrent(
                          t,
                          t.input("rows", Type.of(F, 400, 64)),
                          t.parameter("w", F, new Init.Normal(0, 0.1), 64, 64))),
              Reverse.Options.STRICT);
      Program p = segments == 1 ? plain : new Saving.Segments(segments).apply(plain);
      try (StateStore state = StateStore.of(5, p);
          Executable run = new JvmTarget().compile(p, state, Target.Options.DEFAULT)) {
        assertThat(run.reserved().arena()).isLessThan(arena);
        arena = run.reserved().arena();
        lines.add(String.format(Locale.ROOT, "%2d segments: arena %,d bytes", segments, arena));
      }
    }
    guide().hasShape("in segments", lines);
  }

  // Failing.

  @Test
  void aStepThatFailsChangesNothing() throws IOException {
    Program p =
        Trace.program(
            "doubling",
            true,
            t -> {
              Tensor w = t.state("w", Role.PARAMETER, REAL, new Init.Fill(1));
              t.assign("w", t.mul(w, 2));
              Tensor y =
                  new Control(t)
                      .whileLoop(
                          10,
                          List.of(t.input("x", REAL)),
                          v -> t.less(t.constant(F, 1), v.get(0)),
                          v -> List.of(t.mul(v.get(0), w)))
                      .get(0);
              t.output("y", y);
            });
    try (StateStore state = StateStore.of(1, p);
        Executable run = new JvmTarget().compile(p, state, Target.Options.DEFAULT)) {
      Segments.write(run.input("x"), HostTensor.scalar(F, 3));
      String text = guide().text();
      assertThatThrownBy(run::run)
          .isInstanceOf(IllegalStateException.class)
          .satisfies(x -> assertThat(text).contains("```text\n" + x.getMessage() + "\n```"));
      assertThat(state.get("w").get(0)).isEqualTo(1);
      Segments.write(run.input("x"), HostTensor.scalar(F, 0.5));
      run.run();
      assertThat(state.get("w").get(0)).isEqualTo(2);
    }
  }

  @Test
  void aTensorHasNoNumberWhileAProgramIsTraced() throws IOException {
    String text = guide().text().replaceAll("\\s+", " ");
    assertThatThrownBy(() -> Trace.program("p", true, t -> t.input("x", REAL).item()))
        .isInstanceOf(IllegalStateException.class)
        .satisfies(x -> assertThat(text).contains("```text " + x.getMessage() + " ```"));
  }
}
