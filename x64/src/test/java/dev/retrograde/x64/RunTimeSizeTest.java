package dev.retrograde.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.interp.InterpTarget;
import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Verifier;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Tensors of run-time size on compiled targets: below the count what the interpreter makes of
/// tensors of that size, whatever lies past it.
class RunTimeSizeTest {
  private static final List<Integer> COUNTS = List.of(SizePrograms.CAPACITY, 0, 1, 13, 2);

  @TestFactory
  Stream<DynamicTest> compiledTargetsAgreeWithTheInterpreter() {
    Map<String, Program> all = SizePrograms.all();
    return all.entrySet().stream()
        .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> check(e.getKey(), e.getValue())));
  }

  private static void check(String what, Program p) {
    Verifier.verify(p);
    List<Map<String, HostTensor>> meaning = meaning(p);
    agree(what + " on interp", meaning, runs(new InterpTarget(), 1, p, meaning), 0);
    List<Map<String, HostTensor>> bytecode = runs(new JvmTarget(), 1, p, meaning);
    agree(what + " on jvm", meaning, bytecode, 2e-5);
    for (Target t : Runs.levels()) {
      agree(what + " on " + t.name(), bytecode, runs(t, 1, p, meaning), 0);
    }
    agree(what + " on two threads", bytecode, runs(new X64Target(), 2, p, meaning), 0);
  }

  /// Inputs of a run: floats around zero, whole numbers from 0 to 3; NaN and large numbers past the
  /// count.
  private static Map<String, HostTensor> inputs(Program p, int count) {
    Random r = new Random(count);
    Map<String, HostTensor> out = new LinkedHashMap<>();
    for (Program.Named i : p.inputs()) {
      Type t = i.value().type();
      HostTensor x = HostTensor.fill(t, k -> t.dtype().isFloat() ? r.nextGaussian() : r.nextInt(4));
      if (i.name().equals("n")) {
        x.set(0, count);
      } else if (t.ragged()) {
        HostTensor inside = cut(x, t, count);
        HostTensor whole = HostTensor.fill(t, k -> t.dtype().isFloat() ? Double.NaN : 1 << 30 | k);
        for (int k = 0; k < inside.size(); k++) {
          whole.setBits(whole.at(inside.index(k)), inside.bits(k));
        }
        x = whole;
      }
      out.put(i.name(), x);
    }
    return out;
  }

  private static HostTensor cut(HostTensor x, Type t, int count) {
    return x.resized(
        t.extents().stream().map(e -> e instanceof Extent.Static s ? s.n() : count).toList());
  }

  /// What the interpreter makes of tensors that end at the count.
  private static List<Map<String, HostTensor>> meaning(Program p) {
    Map<String, HostTensor> state = new LinkedHashMap<>();
    try (StateStore s = StateStore.of(3, p)) {
      for (StateEntry e : s.entries()) {
        state.put(e.name(), s.get(e.name()));
      }
    }
    List<Map<String, HostTensor>> out = new ArrayList<>();
    for (int count : COUNTS) {
      Map<String, HostTensor> in = inputs(p, count);
      for (Program.Named i : p.inputs()) {
        Type t = i.value().type();
        if (t.ragged()) {
          in.computeIfPresent(i.name(), (name, x) -> cut(x, t, count));
        }
      }
      Interpreter.Result r = Interpreter.run(p, in, state);
      state.putAll(r.updates());
      Map<String, HostTensor> seen = new LinkedHashMap<>(r.outputs());
      state.forEach((name, v) -> seen.put("state " + name, v));
      out.add(seen);
    }
    return out;
  }

  /// The same of an executable, cut to the sizes that the interpreter found.
  private static List<Map<String, HostTensor>> runs(
      Target target, int threads, Program p, List<Map<String, HostTensor>> sizes) {
    List<Map<String, HostTensor>> out = new ArrayList<>();
    try (StateStore s = StateStore.of(3, p);
        Executable e = target.compile(p, s, Target.Options.threads(threads))) {
      for (int k = 0; k < COUNTS.size(); k++) {
        inputs(p, COUNTS.get(k)).forEach((name, x) -> Segments.write(e.input(name), x));
        e.run();
        Map<String, HostTensor> seen = new LinkedHashMap<>();
        for (Program.Named o : p.outputs()) {
          HostTensor whole = Segments.read(e.output(o.name()), o.value().type());
          List<Integer> dims = sizes.get(k).get(o.name()).type().dims();
          seen.put(o.name(), whole.resized(dims));
        }
        for (StateEntry entry : s.entries()) {
          seen.put("state " + entry.name(), s.get(entry.name()));
        }
        out.add(seen);
      }
    }
    return out;
  }

  /// Relative to the largest number of each tensor; equal bits where the tolerance is zero.
  private static void agree(
      String what,
      List<Map<String, HostTensor>> a,
      List<Map<String, HostTensor>> b,
      double tolerance) {
    for (int k = 0; k < COUNTS.size(); k++) {
      Map<String, HostTensor> found = b.get(k);
      int count = COUNTS.get(k);
      a.get(k)
          .forEach((name, x) -> {
            HostTensor y = found.get(name);
            assertThat(y.type()).isEqualTo(x.type());
            double scale = 1e-3;
            for (double v : x.toDoubles()) {
              scale = Double.isFinite(v) ? Math.max(scale, Math.abs(v)) : scale;
            }
            for (int i = 0; i < x.size(); i++) {
              double u = x.get(i);
              double v = y.get(i);
              boolean same = u == v || (Double.isNaN(u) && Double.isNaN(v));
              boolean close = x.dtype().isFloat() && Math.abs(u - v) <= tolerance * scale;
              assertThat(same || close)
                  .as("%s, count %d: %s[%d] is %s, expected %s", what, count, name, i, v, u)
                  .isTrue();
            }
          });
    }
  }
}
