package dev.retrograde.lab.backward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.choice.Saving;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackwardSpecTest {
  private static final List<String> LAYERS = List.of("conv0", "stage1/block0/conv", "stage1/relu");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "store",
        "store,recompute:4,pooled:2",
        "budget:96MiB+tinyprop:0.2",
        "stage1.*=pooled:4+quantized:8",
        "recompute:cheap",
        "**=blocksparse:16:0.75+skip:0.01",
        "budget:10%",
        "tinyprop:1:0:1:0,topk:0.1,unified:.25,channels:1,dense,exact,reversible,pooledq:3"
      })
  void parsingAndPrintingRoundTrip(String text) {
    assertThat(BackwardSpec.parse(text)).hasToString(text);
  }

  @Test
  void everyNameIsKnown() {
    assertThat(Choice.values())
        .extracting(Choice::text)
        .containsExactly(
            "store",
            "recompute",
            "reversible",
            "exact",
            "pooled",
            "pooledq",
            "quantized",
            "blocksparse",
            "budget",
            "dense",
            "tinyprop",
            "topk",
            "unified",
            "channels",
            "skip");
  }

  @Test
  void anyCombinationRoundTrips() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<String> parts =
        List.of(
            "store", "recompute:3", "pooled", "budget:1GiB", "topk:0.5", "skip:2", "quantized:4");
    List<String> globs = List.of("", "a.*=", "**=", "stage1.block0.*=", "conv-1=");
    for (int i = 0; i < 500; i++) {
      List<String> runs = new ArrayList<>();
      for (int r = 0; r <= random.nextInt(4); r++) {
        List<String> run = new ArrayList<>();
        for (int p = 0; p <= random.nextInt(3); p++) {
          run.add(
              globs.get(random.nextInt(globs.size())) + parts.get(random.nextInt(parts.size())));
        }
        runs.add(String.join("+", run));
      }
      String text = String.join(",", runs);
      assertThat(BackwardSpec.parse(text).toString()).as("seed %d", seed).isEqualTo(text);
    }
  }

  @Test
  void blanksAreAllowedAndNotPrinted() {
    assertThat(BackwardSpec.parse(" store , a.* = recompute : 4 + dense "))
        .hasToString("store,a.*=recompute:4+dense");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "store,recompte:2 | 6 | unknown name 'recompte'; did you mean recompute?",
        "store,,dense | 6 | expected a name",
        "'' | 0 | expected a name",
        "store, | 6 | expected a name",
        "xyzzy | 0 | unknown name 'xyzzy'; there are store, recompute",
        "recompute:0 | 10 | recompute: expected a whole number of at least 1, or cheap (k), found"
            + " '0'",
        "quantized:7 | 10 | expected 8 or 4 (bits), found '7'",
        "store:1 | 6 | store takes no argument, found one more: '1'",
        "pooled:2:3 | 9 | pooled takes 1 argument, found one more: '3'",
        "blocksparse:16:1.5 | 15 | expected a number from 0 to 1 (sparsity)",
        "budget | 6 | budget needs bytes such as 96MiB, or a percentage such as 10%",
        "budget:96 | 7 | expected bytes such as 96MiB",
        "topk:0 | 5 | expected a fraction above 0, at most 1",
        "store=2 | 6 | unknown name '2'",
        "a b=store | 0 | expected a pattern of layer names before '='",
        "a=b=store | 2 | unknown name 'b'"
      })
  void anErrorPointsAtItsPlace(String text, int place, String problem) {
    assertThatThrownBy(() -> BackwardSpec.parse(text))
        .isInstanceOfSatisfying(
            BackwardSpecException.class,
            e -> {
              assertThat(e.at()).isEqualTo(place);
              assertThat(e.source()).isEqualTo(text);
              assertThat(e.getMessage()).contains(problem);
              List<String> lines = e.getMessage().lines().toList();
              assertThat(lines.get(lines.size() - 2)).isEqualTo("  " + text);
              assertThat(lines.getLast()).isEqualTo("  " + " ".repeat(place) + "^");
            });
  }

  @Test
  void aPatternThatMatchesNothingIsAnError() {
    BackwardSpec spec = BackwardSpec.parse("store,stage9.*=recompute:2");
    assertThatThrownBy(() -> spec.check(LAYERS))
        .isInstanceOf(BackwardSpecException.class)
        .hasMessageContaining("'stage9.*' matches no layer; there are conv0, stage1/block0/conv")
        .hasMessageEndingWith("\n        ^");
    assertThatThrownBy(() -> BackwardSpec.parse("conv0=store+v=recompute").check(LAYERS))
        .hasMessageEndingWith("\n              ^");
    BackwardSpec.parse("stage1.**=recompute:2").check(LAYERS);
  }

  @Test
  void aLaterPartWinsOnItsOwnAxis() {
    BackwardRun run = BackwardSpec.parse("recompute:4+dense+store").runs().getFirst();
    assertThat(run.saving(LAYERS)).isEqualTo(new Saving.Store());
    assertThat(run.deciding(Axis.ERROR, "conv0").orElseThrow().choice()).isEqualTo(Choice.DENSE);
    assertThat(BackwardSpec.parse("store+**=recompute:4").runs().getFirst().saving(LAYERS))
        .isEqualTo(new Saving.Recompute(4));
    assertThat(BackwardSpec.parse("recompute").runs().getFirst().saving(LAYERS))
        .isEqualTo(new Saving.Recompute(2));
  }

  @Test
  void aBudgetStandsOnTheAxisOfItsUnit() {
    assertThat(BackwardSpec.parse("budget:96MiB").runs().getFirst().parts().getFirst().axis())
        .isEqualTo(Axis.SAVING);
    assertThat(BackwardSpec.parse("budget:10%").runs().getFirst().parts().getFirst().axis())
        .isEqualTo(Axis.ERROR);
  }

  @Test
  void argumentsLeftOutTakeTheirDefaults() {
    Part part = BackwardSpec.parse("tinyprop:0.2").runs().getFirst().parts().getFirst();
    assertThat(List.of(part.argument(0), part.argument(1), part.argument(2), part.argument(3)))
        .containsExactly("0.2", "0", "1", "0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pooled:2 | pooled is not available in this version",
        "recompute:2+tinyprop | tinyprop is not available in this version",
        "recompute:cheap | recompute:cheap is not available in this version; recompute:2 is",
        "conv0=recompute:2 | saving that differs between layers (recompute:2 and store) is not"
            + " available in this version"
      })
  void whatThisVersionLacksIsRefusedWithAReason(String text, String reason) {
    assertThat(BackwardSpec.parse(text).runs().getFirst().refusal(LAYERS)).contains(reason);
  }

  @Test
  void storeIsAddedInFrontOnce() {
    assertThat(BackwardSpec.parse("recompute:2").withBaseline()).hasToString("store,recompute:2");
    assertThat(BackwardSpec.parse("recompute:2,store,recompute:2").withBaseline())
        .hasToString("store,recompute:2");
  }
}
