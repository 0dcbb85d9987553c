package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Regions with a reverse rule of their own, compiled.
class RegionOnKernelsTest {
  /// The sign, with the derivative of the identity near zero times `slope`.
  private static Tensor sign(Trace t, Tensor x, double slope) {
    return new Control(t)
        .region(
            "sign",
            List.of(x),
            in -> Control.Kept.of(List.of(t.apply(Functions.SIGN, in.get(0))), List.of(in.get(0))),
            (kept, dy) ->
                List.of(
                    t.select(
                        t.lessEqual(t.abs(kept.get(0)), t.constant(DType.F32, 1)),
                        t.mul(dy.get(0), slope),
                        t.constant(DType.F32, 0))))
        .get(0);
  }

  private static Program net(double slope) {
    return Nets.step(
        "straight-through",
        (t, x) -> Nets.dense(t, "b", sign(t, Nets.dense(t, "a", x, 37), slope), 10),
        5,
        11);
  }

  @Test
  void aRegionRunsItsForwardPartAndItsRule() {
    Comparison.check("region", net(1), 2e-5);
  }

  @Test
  void aDeliberatelyWrongRuleShowsOnEveryTarget() {
    for (Target target : List.of(new InterpTarget(), new JvmTarget())) {
      Map<String, HostTensor> right = Comparison.run(target, Target.Options.DEFAULT, net(1));
      Map<String, HostTensor> wrong = Comparison.run(target, Target.Options.DEFAULT, net(3));
      assertThat(right.keySet()).isEqualTo(wrong.keySet());
      assertThat(right.entrySet())
          .as(target.name())
          .anyMatch(
              e -> !e.getValue().sameBits(java.util.Objects.requireNonNull(wrong.get(e.getKey()))));
    }
  }
}
