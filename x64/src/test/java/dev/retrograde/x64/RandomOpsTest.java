package dev.retrograde.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Verifier;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Random programs over every family of ops: bytecode within tolerance of the interpreter, machine
/// code of every width with the bits of bytecode, for any number of threads, with and without each
/// pass.
///
/// `-Dretrograde.seed=N -Dretrograde.programs=1` repeats one program, whose seed a failure names
/// together with the smallest program that still fails.
class RandomOpsTest {
  private static final int PROGRAMS = Integer.getInteger("retrograde.programs", 150);
  private static final int RUNS = 2;

  @Test
  void everyTargetAgreesOnRandomPrograms() {
    List<Target> levels = Runs.levels();
    long first =
        Long.getLong("retrograde.seed", LocalDate.now(ZoneOffset.UTC).toEpochDay() * 1_000_000L);
    for (long seed = first; seed < first + PROGRAMS; seed++) {
      Program p;
      try {
        p = Verifier.verify(RandomOps.make(seed));
        check(p, seed, levels, false);
      } catch (RuntimeException | AssertionError e) {
        throw failure(seed, levels, e);
      }
    }
  }

  private static AssertionError failure(long seed, List<Target> levels, Throwable e) {
    String small = "it cannot be traced";
    try {
      Program p = Verifier.verify(RandomOps.make(seed));
      small = Printer.print(Shrink.run(p, q -> fails(q, seed, levels)));
    } catch (RuntimeException | AssertionError x) {
      small += ": " + x.getMessage();
    }
    return new AssertionError(
        e
            + "\nrepeat with: ./mvnw test -pl x64 -am -Dtest=RandomOpsTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dretrograde.programs=1 -Dretrograde.seed="
            + seed
            + "\nthe smallest program found that fails:\n"
            + small,
        e);
  }

  private static boolean fails(Program p, long seed, List<Target> levels) {
    try {
      check(p, seed, levels, true);
      return false;
    } catch (RuntimeException | AssertionError x) {
      return true;
    }
  }

  /// @param given whether the program may be one that has no meaning, which then agrees
  private static void check(Program p, long seed, List<Target> levels, boolean given) {
    Map<String, HostTensor> meaning;
    try {
      meaning = run(new InterpTarget(), Target.Options.DEFAULT, p);
    } catch (RuntimeException | AssertionError x) {
      if (given) {
        return;
      }
      throw x;
    }
    Map<String, HostTensor> bytecode = run(new JvmTarget(), Target.Options.DEFAULT, p);
    assertClose(meaning, bytecode);
    for (Target t : levels.subList(0, levels.size() - 1)) {
      assertSameBits("on " + t.name(), bytecode, run(t, Target.Options.DEFAULT, p));
    }
    Target widest = levels.getLast();
    if (seed % 2 == 0) {
      assertSameBits("on two threads", bytecode, run(widest, Target.Options.threads(2), p));
    }
    List<String> passes = List.of("sink", "simplify", "fuse", "epilogue");
    String off = passes.get((int) Math.floorMod(seed, 8L) / 2);
    assertSameBits("without " + off, bytecode, run(widest, new Target.Options(1, Set.of(off)), p));
    if (seed % 4 == 1) {
      Target.Options none = new Target.Options(2, Set.copyOf(passes));
      assertSameBits("without passes", bytecode, run(levels.getFirst(), none, p));
    }
  }

  private static Map<String, HostTensor> run(Target target, Target.Options options, Program p) {
    try (StateStore state = StateStore.of(3, p);
        Executable e = target.compile(p, state, options)) {
      fill(e);
      for (int i = 0; i < RUNS; i++) {
        e.run();
      }
      Map<String, HostTensor> all = new LinkedHashMap<>();
      for (Program.Named o : p.outputs()) {
        all.put("output " + o.name(), Segments.read(e.output(o.name()), o.value().type()));
      }
      for (StateEntry s : state.entries()) {
        all.put("state " + s.name(), state.get(s.name()));
      }
      return all;
    }
  }

  /// Small whole numbers, floats from a normal distribution; the same for an input of this name.
  private static void fill(Executable e) {
    for (Program.Named i : e.program().inputs()) {
      Random r = new Random(i.name().hashCode());
      Type t = i.value().type();
      HostTensor h =
          HostTensor.fill(
              t,
              k ->
                  t.dtype().isFloat()
                      ? r.nextGaussian()
                      : t.dtype() == DType.BOOL
                          ? r.nextInt(2)
                          : r.nextInt(12) - (t.dtype() == DType.U8 ? 0 : 4));
      Segments.write(e.input(i.name()), h);
    }
  }

  private static void assertClose(Map<String, HostTensor> a, Map<String, HostTensor> b) {
    assertThat(b.keySet()).isEqualTo(a.keySet());
    a.forEach((name, x) -> {
      HostTensor y = b.get(name);
      assertThat(y.type()).isEqualTo(x.type());
      // Inputs are of order one: a tensor that is smaller throughout is what cancelling left.
      double scale = 1e-2;
      for (double v : x.toDoubles()) {
        scale = Double.isFinite(v) ? Math.max(scale, Math.abs(v)) : scale;
      }
      double unit =
          scale
              * switch (x.dtype()) {
                case F32 -> 2e-4;
                case F64 -> 2e-4; // parts of it may have been f32
                case BF16, I8, I16, I32, I64, U8, BOOL, FRAME -> 0;
              };
      for (int i = 0; i < x.size(); i++) {
        double u = x.get(i);
        double v = y.get(i);
        boolean same = u == v || (Double.isNaN(u) && Double.isNaN(v));
        if (!same && !(Math.abs(u - v) <= unit)) {
          throw new AssertionError(
              "bytecode: "
                  + name
                  + "["
                  + i
                  + "] of "
                  + x.type()
                  + " is "
                  + v
                  + ", expected "
                  + u
                  + " within "
                  + unit);
        }
      }
    });
  }

  /// NaN equals NaN, everything else bit by bit.
  private static void assertSameBits(
      String what, Map<String, HostTensor> a, Map<String, HostTensor> b) {
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

  /// Every failure of some seeds, by message: for looking at many at once.
  static void main(String[] args) {
    List<Target> levels = Runs.levels();
    long first = Long.parseLong(args[0]);
    int most = Integer.parseInt(args[2]);
    int failed = 0;
    long start = System.nanoTime();
    for (long seed = first; seed < first + Long.parseLong(args[1]) && failed < most; seed++) {
      try {
        check(Verifier.verify(RandomOps.make(seed)), seed, levels, false);
      } catch (RuntimeException | AssertionError e) {
        failed++;
        System.out.println("SEED " + seed + " " + failure(seed, levels, e).getMessage());
        if (args.length > 3) {
          e.printStackTrace(System.out);
        }
      }
    }
    System.out.println("failed " + failed + ", " + (System.nanoTime() - start) / 1_000_000 + " ms");
  }
}
