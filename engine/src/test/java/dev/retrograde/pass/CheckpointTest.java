package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.choice.Saving;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Verifier;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Recomputation changes memory and time, nothing else.
class CheckpointTest {
  /// Everything that makes recomputation hard: running statistics and dropout in every block.
  private static Program deep(int blocks, int batch, int side) {
    return Nets.step(
        "deep",
        (t, x) -> {
          Tensor h = x;
          for (int i = 0; i < blocks; i++) {
            Tensor in = h;
            h =
                t.scope(
                    "block" + i,
                    () -> {
                      Tensor y = Nets.conv(t, "conv", in, 4, Geometry.square(3, 1, 1));
                      return Nets.dropout(t, t.relu(Nets.batchNorm(t, "bn", y)), 0.3);
                    });
          }
          Tensor features = h;
          return t.scope("head", () -> Nets.dense(t, "out", t.mean(features, 1, 2), 3));
        },
        batch,
        side,
        side,
        3);
  }

  private static List<Target> targets() {
    List<Target> all = new ArrayList<>(ReferenceCompiler.all());
    all.add(new InterpTarget());
    all.add(new JvmTarget());
    return all;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void recomputationHasTheBitsOfStoringOnEveryTarget(int every) {
    Program store = deep(4, 2, 5);
    Program recompute = new Saving.Recompute(every).apply(store);
    Verifier.verify(recompute);
    assertThat(recompute.nodes().size()).isGreaterThan(store.nodes().size());
    for (Target t : targets()) {
      for (Target.Options o : List.of(Target.Options.DEFAULT, Comparison.PLAIN)) {
        Comparison.assertSameBits(
            "recompute:" + every + " on " + t.name(),
            Comparison.run(t, o, store),
            Comparison.run(t, o, recompute));
      }
    }
  }

  @Test
  void residualNetsToo() {
    Program store = Nets.resnet(2, 8, 2, 4, 8);
    for (int k = 1; k <= 2; k++) {
      Comparison.assertSameBits(
          "recompute:" + k,
          Comparison.run(ReferenceCompiler.wide(), Target.Options.DEFAULT, store),
          Comparison.run(
              ReferenceCompiler.wide(),
              Target.Options.DEFAULT,
              new Saving.Recompute(k).apply(store)));
    }
  }

  /// One run moves a statistic of a constant batch by exactly one tenth of the way.
  @Test
  void statisticsMoveOnce() {
    Program p = new Saving.Recompute(1).apply(deep(3, 2, 4));
    assertThat(p.updates().stream().map(Program.Update::entry).distinct())
        .hasSameSizeAs(p.updates());
    for (Target t : targets()) {
      try (StateStore state = StateStore.of(3, p);
          Executable e = t.compile(p, state, Target.Options.DEFAULT)) {
        Comparison.fill(e, 5);
        e.run();
        HostTensor once = state.get("block0.bn.mean");
        // Without any updates, the filter still as it was, the batch has the same mean.
        try (StateStore fresh = StateStore.of(3, p);
            Executable again = t.compile(p, fresh, Target.Options.DEFAULT)) {
          Comparison.fill(again, 5);
          fresh.set("block0.bn.mean", once);
          again.run();
          HostTensor twice = fresh.get("block0.bn.mean");
          for (int i = 0; i < once.size(); i++) {
            assertThat(twice.get(i))
                .isCloseTo(1.9 * once.get(i), org.assertj.core.data.Offset.offset(1e-6));
          }
        }
      }
    }
  }

  private static MemoryReport report(Program p) {
    try (StateStore state = StateStore.of(3, p);
        Executable e = ReferenceCompiler.wide().compile(p, state, Target.Options.DEFAULT)) {
      return e.memory();
    }
  }

  private static long mostResidual(MemoryReport r) {
    long most = 0;
    for (int i = 0; i < r.steps(); i++) {
      most = Math.max(most, r.byTag(i).get(Tag.RESIDUAL));
    }
    return most;
  }

  @Test
  void aDeepNetKeepsFewerResidualsAndPeaksLower() {
    Program p = deep(16, 8, 16);
    MemoryReport store = report(p);
    MemoryReport recompute = report(new Saving.Recompute(4).apply(p));
    assertThat(mostResidual(recompute)).isLessThan(mostResidual(store) / 2);
    assertThat(recompute.peakBytes()).isLessThan(store.peakBytes() * 7 / 10);
    assertThat(recompute.arenaBytes()).isLessThan(store.arenaBytes() * 7 / 10);
  }

  /// Longer segments keep fewer boundaries but compute more at once: the peak does not run away.
  @Test
  void clonesRunJustBeforeTheyAreNeeded() {
    Program p = deep(12, 4, 8);
    long store = report(p).peakBytes();
    for (int k = 1; k <= 4; k++) {
      assertThat(report(new Saving.Recompute(k).apply(p)).peakBytes()).isLessThan(store);
    }
    Program q = new Saving.Recompute(2).apply(p);
    Set<Integer> epochs = new java.util.HashSet<>();
    int last = Integer.MAX_VALUE;
    for (var n : q.nodes()) {
      if (n.origin().epoch() > 0) {
        int segment = Integer.parseInt(n.origin().path().replaceAll("^block([0-9]+).*", "$1")) / 2;
        assertThat(segment).as("later segments are computed again first").isLessThanOrEqualTo(last);
        last = segment;
        epochs.add(n.origin().epoch());
      }
    }
    assertThat(epochs).hasSizeGreaterThan(3);
  }
}
