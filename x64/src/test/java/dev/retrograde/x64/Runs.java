package dev.retrograde.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.Type;
import dev.retrograde.pass.KernelTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.target.Target;
import dev.retrograde.x64.memory.CpuFeatures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;

/// Runs of whole programs as machine code, and what they leave.
final class Runs {
  private Runs() {}

  /// Every instruction level of this processor; skips the test where there is none.
  static List<Target> levels() {
    Assumptions.assumeTrue(X64KernelCompiler.available(), X64KernelCompiler.whyUnavailable());
    List<Target> all = new ArrayList<>();
    all.add(new KernelTarget("avx2", () -> new X64KernelCompiler(Features.AVX2)));
    if (CpuFeatures.detect().hasAvx512Base()) {
      all.add(new KernelTarget("avx512", () -> new X64KernelCompiler(new Features(true, false))));
    }
    all.add(new X64Target());
    return all;
  }

  static Map<String, HostTensor> run(Target target, int threads, Program p, int runs) {
    try (StateStore state = StateStore.of(3, p);
        Executable e = target.compile(p, state, Target.Options.threads(threads))) {
      fill(e, 5);
      for (int i = 0; i < runs; i++) {
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

  static void fill(Executable e, long seed) {
    Random r = new Random(seed);
    for (Program.Named i : e.program().inputs()) {
      Type t = i.value().type();
      HostTensor h = HostTensor.fill(t, k -> t.dtype().isFloat() ? r.nextGaussian() : r.nextInt(3));
      Segments.write(e.input(i.name()), h);
    }
  }

  static void assertSameBits(String what, Map<String, HostTensor> a, Map<String, HostTensor> b) {
    assertThat(b.keySet()).as(what).isEqualTo(a.keySet());
    a.forEach((name, x) -> assertThat(b.get(name).sameBits(x)).as(what + ": " + name).isTrue());
  }

  /// Relative to the largest number of each tensor.
  static void assertClose(
      String what, Map<String, HostTensor> a, Map<String, HostTensor> b, double tolerance) {
    a.forEach((name, x) -> {
      double scale = 1e-6;
      for (double v : x.toDoubles()) {
        scale = Math.max(scale, Math.abs(v));
      }
      for (int i = 0; i < x.size(); i++) {
        assertThat(b.get(name).get(i))
            .as("%s: %s[%d]", what, name, i)
            .isCloseTo(x.get(i), org.assertj.core.data.Offset.offset(tolerance * scale));
      }
    });
  }
}
