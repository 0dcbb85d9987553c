package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.choice.Saved;
import dev.retrograde.choice.Saving;
import dev.retrograde.choice.SavingException;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Repeat;
import dev.retrograde.ir.Verifier;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Policies that say that they lose nothing: outputs and the whole state after two steps have the
/// bits of storing.
class LosslessSavingTest {
  private static final List<String> LOSSLESS =
      List.of(
          "exact",
          "recompute:1",
          "recompute:2",
          "recompute:3",
          "reversible",
          "pooled:1",
          "pooledall:1",
          "blocksparse:16:0.0");

  private static final List<String> LOSSY =
      List.of(
          "pooled:2",
          "pooledq:2",
          "pooledall:2",
          "quantized:8",
          "quantized:4",
          "blocksparse:4:0.5");

  /// Residual blocks with statistics and dropout.
  private static Program withDropout() {
    return Nets.step(
        "resnet with dropout",
        (t, x) -> {
          Tensor h = Nets.conv(t, "stem", x, 8, Geometry.square(3, 1, 1));
          for (int i = 0; i < 3; i++) {
            Tensor in = Nets.residual(t, "block" + i, h, 8, 1);
            h = t.scope("block" + i, () -> Nets.dropout(t, in, 0.3));
          }
          Tensor last = h;
          return t.scope("head", () -> Nets.dense(t, "out", t.mean(last, 1, 2), 3));
        },
        2,
        6,
        6,
        3);
  }

  static List<Program> programs() {
    return List.of(
        Nets.mlp(16, 20, 40, 24),
        Nets.lenet(2, 14),
        Nets.resnet(2, 8, 2, 4, 8),
        withDropout(),
        SavingNets.revnet(3, 16, 0.2));
  }

  static List<Arguments> named() {
    return programs().stream().map(p -> Arguments.of(Named.of(p.name(), p))).toList();
  }

  private static boolean reverses(Program p) {
    return p.nodes().stream().anyMatch(n -> n.op() instanceof MapOp.Couple);
  }

  /// Rewritten and verified.
  private static Saved save(String spec, Program p) {
    Saved s =
        Saving.parse(spec)
            .save(
                p,
                q -> {
                  throw new AssertionError("only a budget asks for forecasts");
                });
    Verifier.verify(s.program());
    return s;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("named")
  @DisplayName("C1, C2, R4, R7: bits of storing, interpreted and in kernels")
  void losslessPoliciesHaveTheBitsOfStoring(Program p) {
    for (Target t : List.of(new InterpTarget(), ReferenceCompiler.wide())) {
      Map<String, HostTensor> store = Comparison.run(t, Target.Options.DEFAULT, p);
      for (String spec : LOSSLESS) {
        if (!spec.equals("reversible") || reverses(p)) {
          assertThat(Saving.parse(spec).lossless()).isTrue();
          Comparison.assertSameBits(
              spec + " of " + p.name() + " on " + t.name(),
              store,
              Comparison.run(t, Target.Options.DEFAULT, save(spec, p).program()));
        }
      }
    }
  }

  /// One net with everything in it, on every target.
  @Test
  @DisplayName("C2, R4: bits of storing on every target, fused or not, with one thread or two")
  void allTargetsAgree() {
    Program p = SavingNets.revnet(2, 16, 0.2);
    Map<String, HostTensor> store =
        Comparison.run(ReferenceCompiler.wide(), Target.Options.DEFAULT, p);
    Target.Options unfused = new Target.Options(2, Set.of("fuse", "epilogue", "simplify"));
    for (String spec : List.of("exact", "recompute:2", "reversible")) {
      Program saved = save(spec, p).program();
      List<Map<String, HostTensor>> found = new ArrayList<>();
      found.add(Comparison.run(ReferenceCompiler.narrow(), Target.Options.DEFAULT, saved));
      found.add(Comparison.run(ReferenceCompiler.scalar(), unfused, saved));
      found.add(Comparison.run(ReferenceCompiler.wide(), Target.Options.threads(2), saved));
      found.add(Comparison.run(new JvmTarget(), Target.Options.DEFAULT, saved));
      found.add(Comparison.run(new JvmTarget(), unfused, saved));
      found.forEach(f -> Comparison.assertSameBits(spec, store, f));
    }
  }

  /// Twenty nets a run, each under every policy: those without loss give equal bits, the others
  /// something finite, and an exact forward pass.
  @Test
  @DisplayName("C1, C2: random nets under all policies")
  void randomNets() {
    long first = Repeat.seed() * 20;
    for (long seed = first; seed < first + 20; seed++) {
      long s = seed;
      Repeat.with(LosslessSavingTest.class, Repeat.seed(), () -> check(s));
    }
  }

  private static void check(long seed) {
    Program p = SavingNets.random(seed);
    Target interp = new InterpTarget();
    Map<String, HostTensor> store = SavingNets.first(interp, p);
    String compiled = LOSSLESS.get((int) Math.floorMod(seed, LOSSLESS.size()));
    for (String spec : LOSSLESS) {
      if (spec.equals("reversible") && !reverses(p)) {
        continue;
      }
      String what = spec + " of net " + seed;
      Program saved = save(spec, p).program();
      Comparison.assertSameBits(what, store, SavingNets.first(interp, saved));
      if (spec.equals(compiled)) {
        Target kernels = ReferenceCompiler.wide();
        Comparison.assertSameBits(
            what + " in kernels",
            Comparison.run(kernels, Target.Options.DEFAULT, p),
            Comparison.run(kernels, Target.Options.DEFAULT, saved));
      }
    }
    for (String spec : LOSSY) {
      Map<String, HostTensor> after = SavingNets.first(interp, save(spec, p).program());
      String what = spec + " of net " + seed;
      assertThat(after.get("output loss").sameBits(store.get("output loss"))).as(what).isTrue();
      after.forEach((name, v) -> {
        for (double d : v.toDoubles()) {
          if (!Double.isFinite(d)) {
            throw new AssertionError(what + ": " + name + " holds " + d);
          }
        }
      });
    }
  }

  /// What is kept is never more than storing keeps. Recomputation may keep more, where layers
  /// outside of blocks hand on more than backward reads.
  @Test
  void computingAgainFromWhatIsKeptKeepsNoMoreThanStoring() {
    List<Program> all = new ArrayList<>(programs());
    for (long seed = 100; seed < 112; seed++) {
      all.add(SavingNets.random(seed));
    }
    for (Program p : all) {
      long store = save("store", p).kept();
      for (String spec : List.of("exact", "pooled:1", "pooledall:1", "reversible")) {
        if (!spec.equals("reversible") || reverses(p)) {
          assertThat(save(spec, p).kept()).as(spec + " of " + p.name()).isLessThanOrEqualTo(store);
        }
      }
    }
  }

  @Test
  void nothingToReverseIsSaid() {
    assertThatThrownBy(() -> save("reversible", Nets.resnet(2, 8, 1, 4)))
        .isInstanceOf(SavingException.class)
        .hasMessageContaining("declares an inverse")
        .hasMessageContaining("reversible(...)");
  }
}
