package dev.retrograde.x64;

import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.target.Target;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whole training steps as machine code.
class WholeStepTest {
  static List<Program> small() {
    return List.of(
        Nets.mlp(17, 29, 37, 20),
        Nets.mlp(1, 13, 40),
        Nets.lenet(3, 14),
        Nets.resnet(2, 8, 1, 4, 8),
        Nets.resnet(3, 9, 2, 5, 16));
  }

  @ParameterizedTest
  @MethodSource("small")
  void everyLevelHasTheBitsOfTheReferenceAndIsCloseToTheInterpreter(Program p) {
    List<Target> levels = Runs.levels();
    Map<String, HostTensor> meaning = Runs.run(new InterpTarget(), 1, p, 2);
    Map<String, HostTensor> reference = Runs.run(ReferenceKernels.wide(), 1, p, 2);
    Runs.assertClose(p.name() + " by the reference", meaning, reference, 5e-5);
    for (Target t : levels) {
      Runs.assertSameBits(p.name() + " on " + t.name(), reference, Runs.run(t, 1, p, 2));
    }
  }

  static List<Program> large() {
    return List.of(
        Nets.mlp(64, 300, 200, 100),
        Nets.mlp(61, 97, 131),
        Nets.lenet(24, 28),
        Nets.resnet(7, 16, 2, 16, 32));
  }

  @ParameterizedTest
  @MethodSource("large")
  void bitsDoNotDependOnThreadsLevelOrRun(Program p) {
    Map<String, HostTensor> first = null;
    for (Target t : Runs.levels()) {
      for (int threads : new int[] {1, 2, 4, 1, 3, 4}) {
        Map<String, HostTensor> now = Runs.run(t, threads, p, 3);
        if (first != null) {
          Runs.assertSameBits(
              p.name() + " on " + t.name() + " with " + threads + " threads", first, now);
        }
        first = now;
      }
    }
  }

  /// Passes that only move work about are switched off.
  @Test
  void bitsDoNotDependOnFusion() {
    Program p = Nets.resnet(4, 16, 1, 8, 16);
    for (Target t : Runs.levels()) {
      Map<String, HostTensor> fused = Runs.run(t, 1, p, 2);
      Target.Options plain =
          new Target.Options(2, java.util.Set.of("fuse", "epilogue", "simplify"));
      Target unfused = Unfused.of(t, plain);
      Runs.assertSameBits("unfused on " + t.name(), fused, Runs.run(unfused, 1, p, 2));
    }
  }

  /// A target whose options are given once.
  private record Unfused(Target inner, Options options) implements Target {
    static Target of(Target t, Options o) {
      return new Unfused(t, o);
    }

    @Override
    public String name() {
      return inner.name();
    }

    @Override
    public dev.retrograde.runtime.Executable compile(
        Program p, dev.retrograde.runtime.StateStore state, Options ignored) {
      return inner.compile(p, state, options);
    }
  }
}
