package dev.retrograde.choice.coding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.pass.ReferenceCompiler;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// Runs what a code emits: on the interpreter, as bytecode, and by the reference of kernels.
final class CodeRuns {
  private CodeRuns() {}

  static HostTensor gaussian(Type t, long seed) {
    Random r = new Random(seed);
    return HostTensor.fill(t, i -> r.nextGaussian());
  }

  static HostTensor key(int seed, int step) {
    return HostTensor.fill(Type.of(DType.I32, 2), i -> i == 0 ? seed : step);
  }

  /// The outputs, in their order. Kernels of any width, and bytecode on one thread and on three,
  /// give equal bits; the interpreter is within `tolerance` of the largest number; nothing runs on
  /// the heap.
  static List<HostTensor> run(
      List<HostTensor> inputs, double tolerance, BiFunction<Emit, List<Value>, List<Value>> body) {
    Program p = program(inputs, body);
    List<HostTensor> bytecode = run(new JvmTarget(), 1, p, inputs);
    same(bytecode, run(new JvmTarget(), 3, p, inputs), 0);
    for (Target t : ReferenceCompiler.all()) {
      same(bytecode, run(t, 1, p, inputs), 0);
    }
    same(run(new InterpTarget(), 1, p, inputs), bytecode, tolerance);
    return bytecode;
  }

  private static Program program(
      List<HostTensor> inputs, BiFunction<Emit, List<Value>, List<Value>> body) {
    Emit e = new Emit();
    List<Program.Named> in = new ArrayList<>();
    for (HostTensor h : inputs) {
      in.add(new Program.Named("in" + in.size(), e.parameter(h.type())));
    }
    List<Program.Named> out = new ArrayList<>();
    for (Value v : body.apply(e, in.stream().map(Program.Named::value).toList())) {
      out.add(new Program.Named("out" + out.size(), v));
    }
    return new Program("code", List.of(), in, e.nodes(), out, List.of(), Map.of());
  }

  /// As bytecode, as often as `use` asks.
  static void repeat(
      List<HostTensor> like,
      BiFunction<Emit, List<Value>, List<Value>> body,
      Consumer<UnaryOperator<List<HostTensor>>> use) {
    Program p = program(like, body);
    try (StateStore state = StateStore.of(1, p);
        Executable e = new JvmTarget().compile(p, state, Target.Options.DEFAULT)) {
      use.accept(inputs -> once(e, inputs));
    }
  }

  private static List<HostTensor> run(Target t, int threads, Program p, List<HostTensor> inputs) {
    try (StateStore state = StateStore.of(1, p);
        Executable e = t.compile(p, state, Target.Options.threads(threads))) {
      if (!(t instanceof InterpTarget)) {
        assertThat(e.listing().launches()).allMatch(l -> l.kernel() >= 0, "is a kernel");
      }
      return once(e, inputs);
    }
  }

  private static List<HostTensor> once(Executable e, List<HostTensor> inputs) {
    for (int i = 0; i < inputs.size(); i++) {
      Segments.write(e.input("in" + i), inputs.get(i));
    }
    e.run();
    return e.program().outputs().stream()
        .map(o -> Segments.read(e.output(o.name()), o.value().type()))
        .toList();
  }

  private static void same(List<HostTensor> expected, List<HostTensor> found, double tolerance) {
    for (int i = 0; i < expected.size(); i++) {
      assertClose("output " + i, expected.get(i), found.get(i), tolerance);
    }
  }

  /// Relative to the largest number; integers are equal, NaN is NaN.
  static void assertClose(String what, HostTensor expected, HostTensor found, double tolerance) {
    assertThat(found.type()).as(what).isEqualTo(expected.type());
    double largest = 0;
    for (double v : expected.toDoubles()) {
      largest = Double.isFinite(v) ? Math.max(largest, Math.abs(v)) : largest;
    }
    double unit = expected.dtype().isFloat() ? tolerance * largest : 0;
    for (int i = 0; i < expected.size(); i++) {
      double u = expected.get(i);
      double v = found.get(i);
      if (u != v && !(Double.isNaN(u) && Double.isNaN(v)) && !(Math.abs(u - v) <= unit)) {
        throw new AssertionError(what + "[" + i + "] is " + v + ", expected " + u);
      }
    }
  }
}
