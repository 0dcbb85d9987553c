package dev.retrograde.lab.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.lab.compare.RunResult.Course;
import dev.retrograde.lab.compare.RunResult.Status;
import dev.retrograde.lab.record.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ResultTest {
  private static final ComparisonResult RESULT = Samples.comparison();
  private static final JsonNode JSON = Json.parse(Json.text(RESULT.json()));

  @Test
  void theEnvelopeHasWhatScriptsRelyOn() {
    assertThat(JSON.get("schema").asInt()).isEqualTo(1);
    assertThat(JSON.get("command").asString()).isEqualTo("compare");
    assertThat(JSON.get("version").asString()).isNotBlank();
    assertThat(JSON.get("time").asString()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
    assertThat(JSON.get("machine").propertyNames()).contains("cpu", "flags", "threads", "java");
    assertThat(JSON.get("machine").get("flags").isArray()).isTrue();
    assertThat(JSON.get("settings").propertyNames())
        .containsExactly("model", "data", "batch", "epochs", "seed", "lr");
  }

  @Test
  void aRunHasWhatScriptsRelyOn() {
    JsonNode run = JSON.get("runs").get(2);
    assertThat(run.get("backward").asString()).isEqualTo("recompute:2");
    assertThat(run.get("resolved").get("conv0").asString()).isEqualTo("recompute:2");
    assertThat(run.get("status").asString()).isEqualTo("ok");
    assertThat(run.get("reason").isNull()).isTrue();
    assertThat(run.get("seed").asInt()).isEqualTo(1);
    assertThat(run.get("accuracy_by_epoch")).hasSize(6);
    assertThat(run.get("accuracy").asDouble())
        .isEqualTo(run.get("accuracy_by_epoch").get(5).asDouble());
    assertThat(run.get("loss")).hasSize(378);
    assertThat(run.get("seconds_per_step").asDouble()).isCloseTo(0.0026, within(0.0002));
    for (String field :
        List.of("arena_bytes", "rss_peak_bytes", "forward_macs", "backward_macs", "parameters")) {
      assertThat(run.get(field).asLong()).as(field).isPositive();
    }
  }

  @Test
  void tagsAddUpToTheTotal() {
    JsonNode peak = JSON.get("runs").get(0).get("peak_bytes");
    long sum = 0;
    for (String tag :
        List.of("weight", "gradient", "optimizer", "residual", "cotangent", "workspace", "input")) {
      sum += peak.get(tag).asLong();
    }
    assertThat(peak.get("total").asLong()).isEqualTo(sum).isPositive();
  }

  @Test
  void theRecordSaysWhatIsKeptAndHowGradientsPoint() {
    JsonNode store = JSON.get("runs").get(0);
    assertThat(store.get("kept_bytes").asLong()).isEqualTo(2 * 884_736);
    assertThat(store.get("forecast_bytes").asLong())
        .isEqualTo(store.get("reserved_bytes").asLong());
    assertThat(store.has("gradient_fidelity")).isFalse();
    JsonNode lossy = JSON.get("runs").get(4).get("gradient_fidelity");
    assertThat(lossy.get("least").asDouble()).isEqualTo(0.5);
    assertThat(lossy.get("end").get("conv0.weight").asDouble()).isEqualTo(0.95);
  }

  @Test
  void manyLayersOfOnePolicyAreNamedByTheirEnds() {
    Kept few = Samples.kept("exact+a=recompute:1", 1);
    assertThat(few.summary()).isEqualTo("exact+a=recompute:1");
    Kept many = Samples.kept("exact+a=recompute:1+b=recompute:1+c/d=recompute:1+e=store", 1);
    assertThat(many.summary()).isEqualTo("exact, but recompute:1 for a to c/d, but store for e");
  }

  @Test
  void aRefusedRunIsARowWithItsReason() {
    JsonNode run = JSON.get("runs").get(6);
    assertThat(run.get("status").asString()).isEqualTo("refused");
    assertThat(run.get("reason").asString()).isEqualTo("pooled is not available in this version");
    assertThat(run.get("accuracy").isNull()).isTrue();
    assertThat(run.get("peak_bytes").isNull()).isTrue();
    assertThat(RESULT.verdicts().get(3).text())
        .isEqualTo("Refused (seed 1): pooled is not available in this version.");
  }

  @Test
  void numbersThatAreNotFiniteAreNull() {
    RunResult run =
        new RunResult(
            Samples.run("store"),
            1,
            Status.FAILED,
            "the loss of step 2 is not finite",
            Map.of(),
            new Course(List.of(1.0, Double.NaN), List.of(), List.of(), List.of(), List.of()),
            Optional.empty(),
            Optional.empty());
    JsonNode json = Json.parse(Json.text(run.json()));
    assertThat(json.get("loss").get(0).asDouble()).isEqualTo(1.0);
    assertThat(json.get("loss").get(1).isNull()).isTrue();
    assertThat(json.get("seconds_per_step").isNull()).isTrue();
    assertThat(json.get("status").asString()).isEqualTo("failed");
    assertThat(json.get("reason").asString()).contains("not finite");
  }

  @Test
  void equalRunsAreSaidToBeExact() {
    assertThat(RESULT.verdicts().get(0).text()).isEqualTo("The baseline.");
    assertThat(RESULT.verdicts().get(1).text())
        .startsWith("Exact: every loss equals the baseline's, bit for bit. ")
        .contains("Backward keeps 864.0 KiB instead of 1.7 MiB. ")
        .containsPattern("[0-9.]+ % less peak memory, a step takes 2[0-9] % longer\\.$");
  }

  @Test
  void aSmallDifferenceIsSaidToBeNoise() {
    assertThat(RESULT.verdicts().get(2).text())
        .startsWith("Accuracy ")
        .contains("within noise.", "longer")
        .contains(
            "Gradients agree with the exact ones to a cosine of 0.500 at least, 0.850 in the"
                + " median. Warning: below 0.6 for conv1.weight.");
  }

  @Test
  void aLargeDifferenceIsSaidToBeReal() {
    Row store = row("store", List.of(0.95, 0.951, 0.949), 0.002);
    Row worse = row("recompute:2", List.of(0.90, 0.902, 0.899), 0.002);
    assertThat(Verdict.of(worse, store, 10_000).text())
        .contains("points lower")
        .contains("a real loss.")
        .endsWith("a step takes as long.");
  }

  @Test
  void oneSeedAsksForMore() {
    Row store = row("store", List.of(0.95), 0.002);
    Row other = row("recompute:2", List.of(0.951), 0.001);
    assertThat(Verdict.of(other, store, 1000).text())
        .contains("within noise; several seeds would tell more.")
        .contains("a step takes 50 % less time");
  }

  @Test
  void differencesArePairedBySeed() {
    Row store = row("store", List.of(0.90, 0.95), 0.002);
    Row other = row("recompute:2", List.of(0.91, 0.96), 0.002);
    Spread paired = other.accuracyAgainst(store);
    assertThat(paired.mean()).isCloseTo(0.01, within(1e-12));
    assertThat(paired.deviation()).isCloseTo(0, within(1e-12));
    assertThat(store.accuracy().deviation()).isCloseTo(0.05 / Math.sqrt(2), within(1e-12));
  }

  @Test
  void spreadsFollowTheTextbook() {
    Spread s = Spread.of(List.of(2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0));
    assertThat(s.mean()).isEqualTo(5);
    assertThat(s.deviation()).isCloseTo(Math.sqrt(32.0 / 7), within(1e-12));
    assertThat(s.margin()).isCloseTo(2.365 * s.deviation() / Math.sqrt(8), within(1e-12));
    assertThat(Spread.of(List.of(1.0)).margin()).isInfinite();
    assertThat(Spread.of(List.of()).mean()).isNaN();
    assertThat(Spread.median(List.of(3.0, 1.0, 2.0))).isEqualTo(2);
    assertThat(Spread.quantile(List.of(0.0, 1.0, 2.0, 3.0, 4.0), 0.25)).isEqualTo(1);
  }

  private static Row row(String backward, List<Double> accuracies, double seconds) {
    List<RunResult> runs = new java.util.ArrayList<>();
    for (int i = 0; i < accuracies.size(); i++) {
      Course course =
          new Course(
              List.of(1.0 + accuracies.get(i)),
              List.of(seconds),
              List.of(seconds, seconds),
              List.of(accuracies.get(i)),
              List.of(1));
      runs.add(
          new RunResult(
              Samples.run(backward),
              i,
              Status.OK,
              "",
              Map.of(),
              course,
              Optional.empty(),
              Optional.empty()));
    }
    return new Row(Samples.run(backward), runs);
  }
}
