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
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
  private static final List<Integer> LONG_COUNTS = List.of(SizePrograms.LONG, 0, 1, 64, 65);

  @TestFactory
  Stream<DynamicTest> compiledTargetsAgreeWithTheInterpreter() {
    return tests(SizePrograms.all(), COUNTS);
  }

  @TestFactory
  Stream<DynamicTest> blocksOfRowsAgreeWithTheInterpreter() {
    return tests(SizePrograms.blocks(), LONG_COUNTS);
  }

  private static Stream<DynamicTest> tests(Map<String, Program> all, List<Integer> counts) {
    return all.entrySet().stream()
        .map(e ->
            DynamicTest.dynamicTest(e.getKey(), () -> check(e.getKey(), e.getValue(), counts)));
  }

  private static void check(String what, Program p, List<Integer> counts) {
    Verifier.verify(p);
    List<Map<String, HostTensor>> meaning = meaning(p, counts);
    agree(what + " on interp", meaning, runs(new InterpTarget(), 1, p, meaning, counts), counts, 0);
    List<Map<String, HostTensor>> bytecode = runs(new JvmTarget(), 1, p, meaning, counts);
    agree(what + " on jvm", meaning, bytecode, counts, 2e-5);
    for (Target t : Runs.levels()) {
      agree(what + " on " + t.name(), bytecode, runs(t, 1, p, meaning, counts), counts, 0);
    }
    List<Map<String, HostTensor>> two = runs(new X64Target(), 2, p, meaning, counts);
    agree(what + " on two threads", bytecode, two, counts, 0);
  }

  /// A kernel that does not reach a row leaves what was there.
  @TestFactory
  Stream<DynamicTest> rowsFarPastTheCountAreNotComputed() {
    return Stream.of("a layer", "a product of rows", "a batch of products", "images")
        .map(name -> DynamicTest.dynamicTest(name, () -> unreached(SizePrograms.blocks(), name)));
  }

  private static void unreached(Map<String, Program> all, String name) {
    Program p = Verifier.verify(all.get(name));
    for (Target t : Stream.concat(Stream.of(new JvmTarget()), Runs.levels().stream()).toList()) {
      try (StateStore s = StateStore.of(3, p);
          Executable e = t.compile(p, s, Target.Options.threads(1))) {
        inputs(p, 1).forEach((input, x) -> Segments.write(e.input(input), x));
        for (Program.Named o : p.outputs()) {
          e.output(o.name()).fill((byte) 7);
        }
        e.run();
        for (Program.Named o : p.outputs()) {
          Type type = o.value().type();
          if (type.ragged() && type.extents().get(0) instanceof Extent.Ragged) {
            MemorySegment m = e.output(o.name());
            assertThat(m.get(ValueLayout.JAVA_BYTE, m.byteSize() - 1))
                .as("%s on %s, the end of %s", name, t.name(), o.name())
                .isEqualTo((byte) 7);
          }
        }
      }
    }
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
  private static List<Map<String, HostTensor>> meaning(Program p, List<Integer> counts) {
    Map<String, HostTensor> state = new LinkedHashMap<>();
    try (StateStore s = StateStore.of(3, p)) {
      for (StateEntry e : s.entries()) {
        state.put(e.name(), s.get(e.name()));
      }
    }
    List<Map<String, HostTensor>> out = new ArrayList<>();
    for (int count : counts) {
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
      Target target,
      int threads,
      Program p,
      List<Map<String, HostTensor>> sizes,
      List<Integer> counts) {
    List<Map<String, HostTensor>> out = new ArrayList<>();
    try (StateStore s = StateStore.of(3, p);
        Executable e = target.compile(p, s, Target.Options.threads(threads))) {
      for (int k = 0; k < counts.size(); k++) {
        inputs(p, counts.get(k)).forEach((name, x) -> Segments.write(e.input(name), x));
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
      List<Integer> counts,
      double tolerance) {
    for (int k = 0; k < counts.size(); k++) {
      Map<String, HostTensor> found = b.get(k);
      int count = counts.get(k);
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
