package dev.retrograde.lab.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.lab.record.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartSuiteTest {
  private static final StartCase MLP = new StartCase("mlp", 16, 12);

  @TempDir Path folder;

  @Test
  void onlyTheStartFromACacheHasABarForTheFirstStep() {
    List<StartReading> slow = List.of(reading(1.5, 1), reading(1.1, 1), reading(0.2, 1));
    SuiteRow without = new StartRows(MLP, 1, false).firstStep(slow);
    assertThat(without.met()).isTrue();
    assertThat(without.fields())
        .containsEntry("must", null)
        .containsEntry("value", 1.1)
        .containsEntry("lowest", 0.2)
        .containsEntry("highest", 1.5)
        .containsEntry("class_cache", false)
        .containsEntry("processes", 3);
    SuiteRow with = new StartRows(MLP, 1, true).firstStep(slow);
    assertThat(with.met()).isFalse();
    assertThat(with.fields()).containsEntry("must", 1.0).containsEntry("class_cache", true);
    assertThat(new StartRows(MLP, 1, true).firstStep(List.of(reading(1.0, 1))).met()).isTrue();
  }

  @Test
  void coldCompilationHasItsBarBothWays() {
    for (boolean cached : new boolean[] {false, true}) {
      StartRows rows = new StartRows(MLP, 1, cached);
      // Traced at 0.4 of the way to the first step, compiled at 0.9.
      assertThat(rows.compile(List.of(reading(2.0, 1)), 1, 0.4).met()).isTrue();
      SuiteRow late = rows.compile(List.of(reading(2.2, 1)), 1, Double.NaN);
      assertThat(late.met()).isFalse();
      assertThat(late.fields()).containsEntry("aim", null);
      assertThat((double) late.fields().get("value")).isCloseTo(1.1, within(1e-12));
    }
  }

  @Test
  void theTenthStepIsComparedWithTheSecondHalf() {
    StartRows rows = new StartRows(MLP, 1, false);
    SuiteRow row = rows.tenthStep(List.of(reading(1, 1.1), reading(1, 1.25), reading(1, 3)));
    assertThat((double) row.fields().get("value")).isCloseTo(0.8, within(1e-12));
    assertThat(row.met()).isFalse();
    assertThat(rows.tenthStep(List.of(reading(1, 1.1))).met()).isTrue();
  }

  @Test
  void aFreshProcessTellsItsMomentsInOrder() throws IOException {
    Path answer = folder.resolve("answer.json");
    long now = System.currentTimeMillis();
    String said =
        new FreshProcess(List.of("-XX:TieredStopAtLevel=1"), StartProbe.class, 2)
            .run(StartProbe.words(new StartCase("mlp:4", 3, 12), "jvm", 1, now, answer));
    assertThat(said).isEmpty();
    StartReading r = StartProbe.read(Json.parse(Files.readString(answer)));
    assertThat(List.of(r.main(), r.target(), r.data(), r.traced(), r.compiled(), r.firstStep()))
        .isSorted()
        .allMatch(s -> s > 0 && s < 120);
    assertThat(r.steps()).hasSize(12).allMatch(s -> s > 0);
    assertThat(r.withBatches()).hasSize(12);
    for (int i = 0; i < 12; i++) {
      assertThat(r.withBatches().get(i)).isGreaterThanOrEqualTo(r.steps().get(i));
    }
  }

  @Test
  void aProcessThatFailsSaysWhy() throws IOException {
    String said =
        new FreshProcess(List.of("-Xshare:auto"), StartProbe.class, 2)
            .run(
                StartProbe.words(
                    new StartCase("mlp", 1, 1), "abacus", 1, 0, folder.resolve("answer.json")));
    assertThat(said).startsWith("exit code 1").contains("abacus");
  }

  @Test
  void aClassCacheRefusesFoldersOnTheClassPath() throws IOException {
    // Tests run from folders of classes, which the virtual machine does not keep.
    assertThat(new ClassCache(folder).make("jvm", 1)).contains("./retrograde");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void theSuiteIsFound() {
    assertThat(Suites.find().named("start").parts())
        .containsExactly("first-step", "compile", "tenth-step");
  }

  /// A start whose first step ends then; its tenth step is slower than the others by a factor.
  private static StartReading reading(double first, double tenth) {
    List<Double> steps = new ArrayList<>(Collections.nCopies(24, 0.001));
    steps.set(9, 0.001 * tenth);
    return new StartReading(
        0.1 * first, 0.2 * first, 0.3 * first, 0.4 * first, 0.9 * first, first, steps, steps);
  }
}
