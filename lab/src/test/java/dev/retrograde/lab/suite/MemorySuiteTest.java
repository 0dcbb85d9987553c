package dev.retrograde.lab.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.choice.Saving;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.lab.suite.FinishedRuns.Run;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Entry;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.target.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemorySuiteTest {
  @TempDir Path folder;

  @Test
  void figuresAreMetUpToTheirBar() {
    Figure f = new Figure("peaks", "resnet18", "exact", 128, 2, "share");
    assertThat(f.atMost(1.05, 1.05, null, Map.of()).met()).isTrue();
    assertThat(f.atMost(1.06, 1.05, 1.0, Map.of()).met()).isFalse();
    assertThat(f.atLeast(35, 35, 39.0, Map.of()).met()).isTrue();
    assertThat(f.atLeast(Double.NaN, 35, 39.0, Map.of()).met()).isFalse();
    SuiteRow failed = f.failed("exit code 1");
    assertThat(failed.met()).isFalse();
    assertThat(failed.fields()).containsEntry("status", "exit code 1").containsEntry("value", null);
    assertThat(f.atMost(1, 2, 1.5, Map.of("more", 3)).fields().keySet())
        .containsExactly(
            "task", "model", "policy", "batch", "threads", "metric", "value", "more", "must", "aim",
            "met");
  }

  @Test
  void activationsPeakWhereTheyPeakThemselves() {
    MemoryReport memory =
        MemoryReport.of(
            List.of(
                new Entry("w", Tag.WEIGHT, 1000, 0, 3, -1),
                new Entry("r", Tag.RESIDUAL, 10, 0, 2, 0),
                new Entry("c", Tag.COTANGENT, 20, 1, 1, 64),
                new Entry("g", Tag.GRADIENT, 500, 3, 3, 128)),
            List.of("a", "b", "c", "d"),
            640);
    assertThat(memory.peakStep()).isEqualTo(3);
    assertThat(Subject.activationPeak(memory)).isEqualTo(30);
    assertThat(Subject.arenaShare(memory)).isCloseTo(640.0 / 500, within(1e-12));
  }

  @Test
  void whatIsForetoldOfASubjectFallsWithItsPolicy() {
    Subject s =
        new Subject(
            "tiny",
            Zoo.of("resnet:8", 10),
            Subject.CIFAR,
            2,
            new JvmTarget(),
            Target.Options.DEFAULT);
    long store = s.forecast(new Saving.Store()).memory().peakBytes();
    assertThat(s.forecast(new Saving.Exact()).memory().peakBytes()).isLessThan(store);
  }

  @Test
  void finishedRunsAreFoundAgain() throws IOException {
    Path file = folder.resolve("deep").resolve("runs.jsonl");
    FinishedRuns first = new FinishedRuns(Optional.of(file));
    Run run = new Run(0.8125, "cafe", 0.25);
    first.add("cifar10 store seed 1 {batch=100}", run);
    Files.writeString(file, "{\"key\":\"cut sh", StandardOpenOption.APPEND);
    FinishedRuns again = new FinishedRuns(Optional.of(file));
    assertThat(again.find("cifar10 store seed 1 {batch=100}")).contains(run);
    assertThat(again.find("cifar10 store seed 2 {batch=100}")).isEmpty();
    assertThat(new FinishedRuns(Optional.empty()).find("anything")).isEmpty();
  }

  @Test
  void bothSuitesAreFound() {
    assertThat(Suites.find().all()).extracting(Suite::name).contains("memory", "accept-memory");
    assertThat(Suites.find().named("memory").parts()).contains("budgets", "resident", "time");
  }
}
