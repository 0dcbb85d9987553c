package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.choice.Residual;
import dev.retrograde.choice.Saved;
import dev.retrograde.choice.Saving;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Verifier;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Programs in which a rewrite could go wrong without anybody noticing.
class SavingHazardsTest {
  private static final Geometry CONV = Geometry.square(3, 1, 1);

  /// A convolution and relu, then what is to be looked at, then a dense layer on channel means.
  private static Program net(BiFunction<Trace, Tensor, Tensor> middle) {
    return Nets.step(
        "net",
        (t, x) -> {
          Tensor stem = t.relu(Nets.conv(t, "stem", x, 8, CONV));
          Tensor h = middle.apply(t, stem);
          return t.scope("head", () -> Nets.dense(t, "out", t.mean(h, 1, 2), 3));
        },
        3,
        6,
        6,
        3);
  }

  private static Tensor layer(Trace t, Tensor x) {
    return t.relu(Nets.batchNorm(t, "bn", Nets.conv(t, "conv", x, 8, CONV)));
  }

  private static Program blocks(int n, BiFunction<Trace, Tensor, Tensor> block) {
    return net((t, x) -> {
      Tensor h = x;
      for (int i = 0; i < n; i++) {
        Tensor in = h;
        h = t.scope("block" + i, () -> block.apply(t, in));
      }
      return h;
    });
  }

  private static Saved save(String spec, Program p) {
    Saved s = Saving.parse(spec).save(p, q -> forecast(q));
    Verifier.verify(s.program());
    return s;
  }

  private static Forecast forecast(Program p) {
    return ReferenceCompiler.wide().forecast(p, Target.Options.DEFAULT);
  }

  private static Map<String, HostTensor> run(Program p) {
    return Comparison.run(ReferenceCompiler.wide(), Target.Options.DEFAULT, p);
  }

  private static void assertExact(String spec, Program p) {
    Program saved = save(spec, p).program();
    Comparison.assertSameBits(spec, run(p), run(saved));
    Comparison.assertSameBits(
        spec + " interpreted",
        Comparison.run(new InterpTarget(), Target.Options.DEFAULT, p),
        Comparison.run(new InterpTarget(), Target.Options.DEFAULT, saved));
  }

  private static void assertFinite(String what, Map<String, HostTensor> seen) {
    seen.forEach(
        (name, v) -> assertThat(v.toDoubles()).as(what + ": " + name).doesNotContain(Double.NaN));
  }

  private static long products(Program p, Phase phase) {
    return p.nodes().stream()
        .filter(n -> n.op() instanceof LinearOp.Conv && n.origin().phase() == phase)
        .count();
  }

  // Couplings that are none.

  @Test
  void aCouplingOfAValueWithItselfKeepsIt() {
    Program p =
        net((t, x) -> {
          Tensor h = t.snap(x, 16);
          for (int i = 0; i < 3; i++) {
            Tensor in = h;
            h = t.scope("block" + i, () -> t.couple(in, SavingNets.branch(t, in, 0), 16));
          }
          return h;
        });
    assertExact("reversible", p);
    assertThat(save("reversible", p).residuals())
        .extracting(Residual::policy)
        .doesNotContain("inverse");
  }

  @Test
  void aCouplingWhoseResultNobodyKeepsKeepsItsInput() {
    Program p =
        net((t, x) -> {
          Tensor h = t.snap(x, 16);
          for (int i = 0; i < 3; i++) {
            Tensor in = h;
            h = t.scope("block" + i, () -> t.relu(t.couple(in, SavingNets.branch(t, x, 0), 16)));
          }
          return h;
        });
    assertExact("reversible", p);
  }

  /// The second coupling's function reads the first one's input, so neither can go first.
  @Test
  void couplingsThatNeedEachOtherKeepAnInput() {
    Program p =
        net((t, x) -> {
          Tensor z = t.snap(x, 16);
          Tensor a = t.scope("block0", () -> t.snap(SavingNets.branch(t, x, 0), 16));
          Tensor b = t.scope("block1", () -> t.couple(a, SavingNets.branch(t, z, 0), 16));
          Tensor c = t.scope("block2", () -> t.couple(b, SavingNets.branch(t, a, 0), 16));
          return t.scope("end", () -> t.add(c, t.relu(c)));
        });
    assertExact("reversible", p);
  }

  /// A budget considers what can be reversed and does not stumble over what cannot.
  @Test
  void aBudgetTakesACouplingOutsideOfBlocksAsASum() {
    Program p =
        net((t, x) ->
            t.scope("stage", () -> t.couple(t.snap(x, 16), SavingNets.branch(t, x, 0), 16)));
    Saved s = save("budget:100MiB", p);
    Comparison.assertSameBits("budget", run(p), run(s.program()));
  }

  // Reversible stages within reversible units.

  @Test
  @DisplayName("R8: units within the functions of units are computed again with them")
  void nestedUnitsAreExactAndKeepNothingMore() {
    BiFunction<Trace, Tensor, Tensor> inner =
        (t, x) ->
            SavingNets.reversible(
                t,
                Nets.conv(t, "conv", x, x.dim(3), CONV),
                2,
                16,
                (u, z) -> SavingNets.branch(u, z, 0.2));
    List<Saved> two =
        List.of(2, 5).stream()
            .map(n ->
                save(
                    "reversible",
                    net((t, x) ->
                        t.scope("stage", () -> SavingNets.reversible(t, x, n, 16, inner)))))
            .toList();
    assertExact(
        "reversible",
        net((t, x) -> t.scope("stage", () -> SavingNets.reversible(t, x, 2, 16, inner))));
    assertThat(maps(two.get(1))).isEqualTo(maps(two.get(0)));
  }

  /// Kept bytes beyond vectors of channels.
  private static long maps(Saved s) {
    return s.residuals().stream().filter(r -> r.bytes() > 64).mapToLong(Residual::kept).sum();
  }

  // Extremes: backward looks for the element that equals the result.

  /// A gate from the largest element of each channel: `max` of few channels is small enough to be
  /// kept, and equals no rebuilt element exactly.
  @ParameterizedTest
  @ValueSource(ints = {MapOp.Couple.PLAIN, 16})
  void maximaOfRebuiltValuesFindTheirElements(int grid) {
    BiFunction<Trace, Tensor, Tensor> gated =
        (t, x) -> {
          Tensor gate = t.apply(Functions.SIGMOID, t.max(x, 1, 2));
          return t.mul(
              Nets.conv(t, "conv", x, x.dim(3), CONV), t.reshape(gate, x.dim(0), 1, 1, x.dim(3)));
        };
    Program p = net((t, x) -> t.scope("stage", () -> SavingNets.reversible(t, x, 4, grid, gated)));
    Map<String, HostTensor> store = run(p);
    Map<String, HostTensor> reversed = run(save("reversible", p).program());
    Comparison.assertClose("reversible", store, reversed, grid == 16 ? 0 : 1e-5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"quantized:8", "quantized:4", "pooled:2", "pooledq:2", "pooledall:2"})
  void maximaOfRoundedValuesFindTheirElements(String spec) {
    Program p =
        net((t, x) -> {
          Tensor h = t.scope("layer", () -> layer(t, x));
          Tensor most = t.scope("max", () -> t.max(h, 1, 2));
          Tensor again = t.scope("after", () -> t.mul(most, t.reshape(most, 3, 8)));
          return t.reshape(again, 3, 1, 1, 8);
        });
    assertFinite(spec, run(save(spec, p).program()));
  }

  /// What the loss makes of the logits is small, and an error there is one everywhere.
  @Test
  void theLossIsNotRounded() {
    Program p = Nets.mlp(64, 20, 30);
    for (String spec : List.of("quantized:4", "pooledq:2", "blocksparse:8:0.5")) {
      for (Residual r : save(spec, p).residuals()) {
        if (r.layer().startsWith("loss")) {
          assertThat(r.policy()).as("%s of %s", spec, r).isIn("store", "remade", "bits");
        }
      }
    }
  }

  // Views.

  /// Blocks that end in a transposition hand it on: the block's end is what is kept, not the start
  /// of everything.
  @Test
  void whatLeavesABlockAsAViewIsKeptAtItsEnd() {
    Program plain = blocks(6, SavingHazardsTest::layer);
    Program turned = blocks(6, (t, x) -> t.transpose(layer(t, x), 0, 2, 1, 3));
    assertExact("recompute:1", turned);
    assertThat(maps(save("recompute:1", turned))).isEqualTo(maps(save("recompute:1", plain)));
    assertThat(products(save("recompute:1", turned).program(), Phase.BACKWARD)).isEqualTo(6);
  }

  /// Halves of a value are read by different blocks.
  @Test
  void slicesThatCrossBlocksAreExact() {
    Program p =
        blocks(
            4,
            (t, x) -> {
              List<Integer> half = List.of(x.dim(0), x.dim(1), x.dim(2), 4);
              Tensor a = t.slice(x, List.of(0, 0, 0, 0), half);
              Tensor b = t.slice(x, List.of(0, 0, 0, 4), half);
              return t.concat(3, t.relu(Nets.conv(t, "conv", b, 4, CONV)), t.mul(a, b));
            });
    for (String spec : List.of("exact", "recompute:1", "recompute:2", "pooled:1")) {
      assertExact(spec, p);
    }
  }

  /// Each link reads the one before it three times: as many ways back as a number of 20 digits.
  @Test
  void longChainsOfElementwiseStepsAreLookedAtOnce() {
    Program p =
        net((t, x) -> {
          Tensor h = t.apply(Functions.TANH, Nets.conv(t, "conv", x, 8, CONV));
          for (int i = 0; i < 40; i++) {
            h = t.add(h, t.mul(t.mul(h, h), 0.1));
          }
          return t.apply(Functions.TANH, h);
        });
    Saved exact = save("exact", p);
    assertThat(maps(exact)).isLessThan(maps(save("store", p)) / 10);
    for (Target t : List.of(new InterpTarget(), ReferenceCompiler.wide())) {
      Comparison.assertSameBits(
          "exact", SavingNets.first(t, p), SavingNets.first(t, exact.program()));
    }
  }

  // State and random numbers.

  /// A filter is used by two layers and by both their clones; the update must not be seen by any.
  @Test
  void clonesReadTheWeightsOfBeforeTheUpdate() {
    Program p =
        net((t, x) -> {
          Tensor h = x;
          for (int i = 0; i < 4; i++) {
            Tensor in = h;
            Tensor y = t.scope("shared", () -> Nets.conv(t, "conv", in, 8, CONV));
            h = t.scope("block" + i, () -> t.relu(Nets.batchNorm(t, "bn", y)));
          }
          return h;
        });
    for (String spec : List.of("exact", "recompute:1", "recompute:2", "pooled:1")) {
      assertExact(spec, p);
    }
  }

  /// Two equal dropouts side by side in one block draw different masks, in clones too.
  @Test
  void neighbouringDropoutsDoNotShareTheirNumbers() {
    Program p =
        blocks(
            3,
            (t, x) -> t.add(t.mul(Nets.dropout(t, x, 0.5), Nets.dropout(t, x, 0.5)), layer(t, x)));
    for (String spec : List.of("exact", "recompute:1", "recompute:3", "pooled:1")) {
      assertExact(spec, p);
    }
  }

  // Control flow and rules.

  /// The interpreter alone runs branches; what they use is kept whole whatever the policy.
  @ParameterizedTest
  @ValueSource(
      strings = {"exact", "recompute:1", "recompute:2", "pooled:1", "quantized:8", "pooledq:2"})
  void branchesSeeTheValuesThatTheySaw(String spec) {
    Program p =
        net((t, x) -> {
          Tensor h = t.scope("block0", () -> layer(t, x));
          Tensor y =
              t.scope(
                  "block1",
                  () -> {
                    Tensor a = Nets.conv(t, "conv", h, 8, CONV);
                    Tensor big = t.less(t.constant(DType.F32, 0), t.sum(a));
                    return new Control(t)
                        .cond(
                            big,
                            () -> List.of(t.mul(a, h)),
                            () -> List.of(t.apply(Functions.TANH, t.add(a, h))))
                        .getFirst();
                  });
          return t.scope("block2", () -> layer(t, y));
        });
    Program saved = save(spec, p).program();
    Map<String, HostTensor> store = Comparison.run(new InterpTarget(), Target.Options.DEFAULT, p);
    Map<String, HostTensor> found =
        Comparison.run(new InterpTarget(), Target.Options.DEFAULT, saved);
    if (Saving.parse(spec).lossless()) {
      Comparison.assertSameBits(spec, store, found);
    } else {
      assertFinite(spec, found);
      assertThat(found.get("output loss").get(0))
          .isCloseTo(store.get("output loss").get(0), Offset.offset(0.01));
    }
  }
}
