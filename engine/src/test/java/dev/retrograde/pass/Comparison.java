package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.Type;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/// Programs on several targets: the same inputs, the same first state, a few runs, everything that
/// can be seen afterwards.
final class Comparison {
  /// Everything that only moves work about is off.
  static final Target.Options PLAIN = new Target.Options(1, Set.of("fuse", "epilogue", "simplify"));

  private static final int RUNS = 2;

  private Comparison() {}

  /// Outputs and state after some runs.
  static Map<String, HostTensor> run(Target target, Target.Options options, Program p) {
    try (StateStore state = StateStore.of(3, p);
        Executable e = target.compile(p, state, options)) {
      fill(e, 5);
      for (int i = 0; i < RUNS; i++) {
        e.run();
      }
      return seen(e, state);
    }
  }

  static Map<String, HostTensor> seen(Executable e, StateStore state) {
    Map<String, HostTensor> all = new LinkedHashMap<>();
    for (Program.Named o : e.program().outputs()) {
      all.put("output " + o.name(), Segments.read(e.output(o.name()), o.value().type()));
    }
    for (StateEntry s : state.entries()) {
      all.put("state " + s.name(), state.get(s.name()));
    }
    return all;
  }

  /// Floats from a normal distribution, integers from 0 to 7, labels below 3.
  static void fill(Executable e, long seed) {
    Random r = new Random(seed);
    for (Program.Named i : e.program().inputs()) {
      Type t = i.value().type();
      int most = t.dtype() == DType.BOOL ? 2 : i.name().equals("labels") ? 3 : 8;
      HostTensor h =
          HostTensor.fill(t, k -> t.dtype().isFloat() ? r.nextGaussian() : r.nextInt(most));
      Segments.write(e.input(i.name()), h);
    }
  }

  /// The interpreter within tolerance; equal bits for every machine, with and without fusion, and
  /// as bytecode.
  static void check(String what, Program p, double tolerance) {
    Map<String, HostTensor> meaning = run(new InterpTarget(), Target.Options.DEFAULT, p);
    Map<String, HostTensor> first = run(ReferenceCompiler.wide(), Target.Options.DEFAULT, p);
    assertClose(what, meaning, first, tolerance);
    assertSameBits(what + " as bytecode", first, run(new JvmTarget(), Target.Options.DEFAULT, p));
    List<Target> machines = new ArrayList<>(ReferenceCompiler.all());
    for (Target t : machines) {
      if (!t.name().equals(ReferenceCompiler.wide().name())) {
        assertSameBits(what + " on " + t.name(), first, run(t, Target.Options.DEFAULT, p));
      }
      assertSameBits(what + " unfused on " + t.name(), first, run(t, PLAIN, p));
    }
  }

  /// Element by element, relative to the largest number of the tensor; integers are equal.
  static void assertClose(
      String what, Map<String, HostTensor> a, Map<String, HostTensor> b, double tolerance) {
    assertThat(b.keySet()).as(what).isEqualTo(a.keySet());
    a.forEach((name, x) -> {
      HostTensor y = b.get(name);
      assertThat(y.type()).isEqualTo(x.type());
      // Inputs are of order one: a tensor that is smaller throughout is what cancelling left.
      double scale = 1e-3;
      for (double v : x.toDoubles()) {
        if (Double.isFinite(v)) {
          scale = Math.max(scale, Math.abs(v));
        }
      }
      double unit = x.dtype().isFloat() ? tolerance * scale : 0;
      for (int i = 0; i < x.size(); i++) {
        double u = x.get(i);
        double v = y.get(i);
        boolean same = u == v || (Double.isNaN(u) && Double.isNaN(v));
        if (!same && !(Math.abs(u - v) <= unit)) {
          throw new AssertionError(
              what + ": " + name + "[" + i + "] is " + v + ", expected " + u + " within " + unit);
        }
      }
    });
  }

  /// NaN equals NaN, everything else bit by bit.
  static void assertSameBits(String what, Map<String, HostTensor> a, Map<String, HostTensor> b) {
    assertThat(b.keySet()).as(what).isEqualTo(a.keySet());
    a.forEach((name, x) -> {
      HostTensor y = b.get(name);
      for (int i = 0; i < x.size(); i++) {
        boolean nan = Double.isNaN(x.get(i)) && Double.isNaN(y.get(i));
        if (x.bits(i) != y.bits(i) && !nan) {
          throw new AssertionError(
              what
                  + ": "
                  + name
                  + "["
                  + i
                  + "] of "
                  + x.type()
                  + " is "
                  + y.get(i)
                  + ", expected the bits of "
                  + x.get(i));
        }
      }
    });
  }
}
