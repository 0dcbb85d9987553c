package dev.retrograde.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.runtime.StepTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class KernelTimesTest {
  @Test
  void launchesOfOneKernelStandTogetherAndTheLongestComesFirst() {
    KernelTimes times =
        KernelTimes.of(
            List.of(
                new StepTime("a/Map", Phase.FORWARD, 0, 10),
                new StepTime("a/Contract", Phase.FORWARD, 0, 60),
                new StepTime("a/Contract", Phase.FORWARD, 2000, 20),
                new StepTime("a/Contract", Phase.BACKWARD, 0, 10)));
    assertThat(times.lines())
        .containsExactly(
            new KernelTimes.Line(Phase.FORWARD, "a/Contract", 2, 2000, 80),
            new KernelTimes.Line(Phase.FORWARD, "a/Map", 1, 0, 10),
            new KernelTimes.Line(Phase.BACKWARD, "a/Contract", 1, 0, 10));
    assertThat(times.lines().getFirst().gflops()).isEqualTo(50);
    assertThat(times.text(1))
        .containsExactly(
            "        0.1 us 80.0 %  forward  a/Contract x2  50 GFLOP/s",
            "  forward 0.000 ms (90 %), backward 0.000 ms (10 %), update 0.000 ms (0 %)");
  }

  @Test
  void manyKernelsAreCountedByKind() {
    List<StepTime> steps = new ArrayList<>(Collections.nCopies(60, time("block0/Conv")));
    steps.addAll(Collections.nCopies(60, time("block1/Conv")));
    assertThat(KernelTimes.of(steps).lines())
        .containsExactly(new KernelTimes.Line(Phase.FORWARD, "Conv", 120, 120, 120));
  }

  private static StepTime time(String name) {
    return new StepTime(name, Phase.FORWARD, 1, 1);
  }
}
