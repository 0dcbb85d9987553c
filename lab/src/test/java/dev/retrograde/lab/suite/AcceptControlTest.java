package dev.retrograde.lab.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataException.Place;
import dev.retrograde.data.TextSet;
import dev.retrograde.data.TreeBank;
import dev.retrograde.data.TreeSet;
import dev.retrograde.data.Vocabulary;
import dev.retrograde.data.generate.GeneratedDigits;
import dev.retrograde.data.generate.GeneratedTrees;
import dev.retrograde.ir.Type;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.lab.record.Json;
import dev.retrograde.nn.Summary;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.train.Material;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AcceptControlTest {
  private static final Target.Options ONE = Target.Options.threads(1);

  private final List<SuiteRow> rows = new ArrayList<>();
  private final KeptResults nowhere = new KeptResults(Optional.empty());
  private final Suite.Listener listener =
      new Suite.Listener() {
        @Override
        public void row(SuiteRow row) {
          rows.add(row);
        }

        @Override
        public void note(String line) {
          assertThat(line).isNotBlank();
        }
      };

  private static TreeBank bank(int train, int dev) {
    TreeSet all = GeneratedTrees.of(train + dev, 3);
    Vocabulary words = Vocabulary.of(all.wordCounts(), 1, Integer.MAX_VALUE);
    TreeSet coded = all.encoded(words);
    TreeSet last =
        new TreeSet(
            "dev", coded.classes(), coded.words(), coded.trees().subList(train, train + dev));
    return new TreeBank("generated", words, coded.first(train), last, last);
  }

  private AgreeRows agree(KeptResults kept) {
    return new AgreeRows(List.of(new JvmTarget()), ONE, 4, 3, kept, listener);
  }

  @Test
  void allFormsOfATreeLstmTrainAlike() {
    agree(nowhere).compare("agree", bank(2, 6), 6, DType.F64, 1e-12);
    agree(nowhere).compare("agree", bank(2, 6), 6, DType.F32, 1e-5);
    assertThat(rows).hasSize(8).allMatch(SuiteRow::met);
    assertThat(rows.subList(0, 4))
        .extracting(r -> r.fields().get("form") + " on " + r.fields().get("target"))
        .containsExactly(
            "by height on jvm",
            "node by node on jvm",
            "recursive function on jvm",
            "eager callbacks on heap");
    // Updates took place: the trees' losses are those of other weights than the first.
    double last = (double) rows.get(0).fields().get("last_loss");
    assertThat((double) rows.get(4).fields().get("last_loss")).isCloseTo(last, within(1e-3));
    assertThat(rows).allSatisfy(r -> assertThat(r.fields()).containsEntry("trees", "6 of 6"));
  }

  @Test
  void aDifferenceIsMissed() {
    assertThat(AgreeRows.difference(new double[] {1, 2.2, 4}, new double[] {1, 2, 4}))
        .isCloseTo(0.1, within(1e-12));
    assertThat(AgreeRows.difference(new double[] {1}, new double[] {1, 5})).isZero();
    assertThat(AgreeRows.difference(new double[] {Double.NaN, 2}, new double[] {1, 2})).isNaN();
    agree(nowhere).compare("agree", bank(2, 3), 3, DType.F32, -1);
    assertThat(rows).noneMatch(SuiteRow::met);
  }

  @Test
  void whatIsDoneIsNotDoneAgain(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("in").resolve("runs.jsonl");
    agree(new KeptResults(Optional.of(file))).compare("agree", bank(2, 3), 3, DType.F32, 1e-4);
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(4);
    // What a run left half written is computed again.
    Files.writeString(file, String.join("\n", lines.subList(0, 3)) + "\n{\"key\": \"agr");
    KeptResults kept = new KeptResults(Optional.of(file));
    String key = Json.parse(lines.get(0)).get("key").asString();
    assertThat(
            kept.of(
                key,
                () -> {
                  throw new AssertionError("known already");
                }))
        .isEqualTo(Json.parse(lines.get(0)).get("result"));
    agree(kept).compare("agree", bank(2, 3), 3, DType.F32, 1e-4);
    assertThat(rows).hasSize(8);
    for (int i = 0; i < 3; i++) {
      assertThat(rows.get(4 + i)).isEqualTo(rows.get(i));
    }
  }

  @Test
  void aTreebankGivesARowASeedAndTheirMean() {
    new SstRows(new JvmTarget(), ONE, nowhere, listener)
        .run("tree-lstm:4", (Material.Trees) Material.of(bank(12, 5)), 2, 2);
    assertThat(rows).hasSize(3).allMatch(SuiteRow::met);
    double mean = 0;
    for (SuiteRow r : rows.subList(0, 2)) {
      var loss = (tools.jackson.databind.JsonNode) r.fields().get("loss_by_epoch");
      assertThat(loss).hasSize(2);
      assertThat(loss.get(1).asDouble()).isLessThan(loss.get(0).asDouble());
      assertThat((double) r.fields().get("ms_per_tree")).isPositive();
      mean += (double) r.fields().get("value") / 2;
    }
    assertThat(rows.get(2).fields()).containsEntry("seed", "1 to 2").containsKey("interval_low");
    assertThat((double) rows.get(2).fields().get("value")).isCloseTo(mean, within(1e-12));
  }

  @Test
  void aTextGivesSecondsLossAndASample() {
    TextSet rhyme = TextSet.characters("rhyme", "in a tin,\na pin. ".repeat(80), 0.3);
    new TextRows(new JvmTarget(), ONE, nowhere, listener)
        .run("char-rnn:6", (Material.Text) Material.of(rhyme, 10), 8);
    assertThat(rows).hasSize(1).allMatch(SuiteRow::met);
    assertThat((double) rows.get(0).fields().get("final_loss")).isBetween(0.5, 4.0);
    assertThat(String.valueOf(rows.get(0).fields().get("sample"))).hasSizeGreaterThan(200);
  }

  @Test
  void digitsAreJudgedByAccuracyAndTime() {
    new DigitRows(new JvmTarget(), ONE, nowhere, listener)
        .run(GeneratedDigits.of(200, 50, 1), 1, 2, 1e9);
    assertThat(rows).extracting(SuiteRow::met).containsExactly(false, true);
    assertThat(rows.get(0).fields()).containsEntry("metric", "test accuracy");
  }

  @Test
  void theConvolutionalNetworkHasTheSpecifiedCount() {
    Summary s = Summary.of(DigitRows.network(10), Type.of(DType.F32, 1, 28, 28, 1));
    assertThat(s.parameters()).isEqualTo(21_840);
  }

  @Test
  void dataThatIsNotThereIsSaidInTheRow() {
    SuiteRow row =
        AcceptControl.skipped(
            "sst",
            new DataException(Place.whole(Path.of("sst")), "a data set", "nothing", "Get it."));
    assertThat(row.met()).isFalse();
    assertThat(String.valueOf(row.fields().get("status")))
        .startsWith("skipped: ")
        .contains("sst", "Get it.");
  }

  @Test
  void theSuiteIsAnnounced() {
    Suite suite = Suites.find().named("accept-control");
    assertThat(suite.parts()).containsExactly("sst", "agree-f32", "agree-f64", "text", "cnn");
  }
}
