package dev.retrograde.lab.backward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.choice.Saving;
import dev.retrograde.ir.Glob;
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
        "budget:96MiB:lossy",
        "budget:98765432109B",
        "pooledall:4",
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
            "segments",
            "reversible",
            "exact",
            "pooled",
            "pooledq",
            "pooledall",
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
            "store",
            "recompute:3",
            "pooled",
            "budget:1GiB",
            "budget:9KiB:lossy",
            "topk:0.5",
            "skip:2",
            "quantized:4");
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
        "blocksparse:16:1.5 | 15 | expected a number from 0 to below 1 (sparsity)",
        "blocksparse:16:1 | 15 | expected a number from 0 to below 1 (sparsity), found '1'",
        "budget:96MiB:most | 13 | expected lossy or exact (what may take part), found 'most'",
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
    assertThat(run.saving()).isEqualTo(new Saving.Store());
    assertThat(run.deciding(Axis.ERROR, "conv0").orElseThrow().choice()).isEqualTo(Choice.DENSE);
    assertThat(BackwardSpec.parse("store+recompute:4").runs().getFirst().saving())
        .isEqualTo(new Saving.Recompute(4));
    assertThat(BackwardSpec.parse("recompute").runs().getFirst().saving())
        .isEqualTo(new Saving.Recompute(2));
  }

  @Test
  void everySavingChoiceIsAPolicy() {
    String all =
        "store,recompute:3,recompute:cheap,segments,segments:auto,segments:7,reversible,exact,pooled:4,pooledq:4,pooledall:4,"
            + "quantized:4,blocksparse:8:0.25,budget:4KiB,budget:4096B:lossy";
    assertThat(BackwardSpec.parse(all).runs())
        .extracting(BackwardRun::saving)
        .containsExactly(
            new Saving.Store(),
            new Saving.Recompute(3),
            new Saving.Exact(),
            new Saving.Segments(0),
            new Saving.Segments(0),
            new Saving.Segments(7),
            new Saving.Reversible(),
            new Saving.Exact(),
            new Saving.Pooled(4),
            new Saving.PooledQuantized(4),
            new Saving.PooledAll(4),
            new Saving.Quantized(4),
            new Saving.BlockSparse(8, 0.25),
            new Saving.Budget(4096, false),
            new Saving.Budget(4096, true));
    for (BackwardRun run : BackwardSpec.parse(all).runs()) {
      assertThat(run.refusal()).isEmpty();
      assertThat(Saving.parse(run.saving().spec())).isEqualTo(run.saving());
    }
  }

  @Test
  void partsWithPatternsDecideForTheirLayers() {
    BackwardRun run =
        BackwardSpec.parse("a.*=store+recompute+stage1.*=pooled:4+stage1.block0=quantized")
            .runs()
            .getFirst();
    assertThat(run.refusal()).isEmpty();
    assertThat(run.saving()).isInstanceOf(Saving.ByLayer.class);
    Saving.ByLayer by = (Saving.ByLayer) run.saving();
    assertThat(by.otherwise()).isEqualTo(new Saving.Recompute(2));
    assertThat(by.of("a/conv")).isEqualTo(new Saving.Recompute(2));
    assertThat(by.of("stage1/block1/conv")).isEqualTo(new Saving.Pooled(4));
    assertThat(by.of("stage1/block0/conv")).isEqualTo(new Saving.Quantized(8));
    assertThat(BackwardSpec.parse("conv0=exact").runs().getFirst().saving())
        .isEqualTo(
            new Saving.ByLayer(
                new Saving.Store(),
                List.of(new Saving.Selection(Glob.of("conv0"), new Saving.Exact()))));
    assertThat(BackwardSpec.parse("budget:1MiB+store").runs().getFirst().refusal()).isEmpty();
  }

  @Test
  void aPatternCoversWhatLiesInALayer() {
    BackwardSpec.parse("stage1=exact,stage1.*=exact,stage1/block0=exact").check(LAYERS);
    BackwardRun run = BackwardSpec.parse("stage1.*=exact").runs().getFirst();
    assertThat(run.deciding(Axis.SAVING, "stage1/block0/conv")).isPresent();
    assertThat(run.deciding(Axis.SAVING, "conv0")).isEmpty();
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
        "topk:0.1 | topk is not available in this version",
        "recompute:2+tinyprop | tinyprop is not available in this version",
        "budget:10% | budget is not available in this version",
        "conv0=budget:1MiB | a budget decides for all layers; write it without a pattern",
        "budget:1MiB+conv0=store | a budget decides for all layers and takes no other saving part"
            + " beside it; write it alone, without a pattern"
      })
  void whatThisVersionLacksIsRefusedWithAReason(String text, String reason) {
    assertThat(BackwardSpec.parse(text).runs().getFirst().refusal()).contains(reason);
  }

  @Test
  void storeIsAddedInFrontOnce() {
    assertThat(BackwardSpec.parse("recompute:2").withBaseline()).hasToString("store,recompute:2");
    assertThat(BackwardSpec.parse("recompute:2,store,recompute:2").withBaseline())
        .hasToString("store,recompute:2");
  }
}
