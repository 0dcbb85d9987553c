package dev.retrograde.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.choice.Saved;
import dev.retrograde.choice.Saving;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.Glob;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Verifier;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Policies that lose something lose it where they say, and policies of different layers get along.
class LossySavingTest {
  private static Saved save(Saving saving, Program p) {
    Saved s =
        saving.save(
            p,
            q -> {
              throw new AssertionError("only a budget asks for forecasts");
            });
    Verifier.verify(s.program());
    return s;
  }

  private static Program save(String spec, Program p) {
    return save(Saving.parse(spec), p).program();
  }

  private static Map<String, HostTensor> first(Program p) {
    return SavingNets.first(ReferenceCompiler.wide(), p);
  }

  // What stays exact.

  @ParameterizedTest
  @ValueSource(strings = {"pooled:2", "pooled:3"})
  @DisplayName("C3: averages change gradients of filters and nothing else")
  void averagesLeaveAllButFiltersAlone(String spec) {
    Program p = Nets.resnet(2, 8, 2, 4, 8);
    Map<String, HostTensor> store = first(p);
    Map<String, HostTensor> pooled = first(save(spec, p));
    int changed = 0;
    int same = 0;
    for (Map.Entry<String, HostTensor> e : store.entrySet()) {
      boolean equal = pooled.get(e.getKey()).sameBits(e.getValue());
      boolean filter = e.getKey().contains(".filter") && !e.getKey().contains("stem");
      assertThat(equal || filter).as(e.getKey()).isTrue();
      changed += equal ? 0 : 1;
      same += equal ? 1 : 0;
    }
    // Filters and their momenta of the first stage, and of the second's first block.
    assertThat(changed).isGreaterThanOrEqualTo(8);
    assertThat(same).isGreaterThan(20);
  }

  /// Signs are exact: a bias below an activation, which reads nothing else, has the same gradient.
  @ParameterizedTest
  @ValueSource(strings = {"pooled:2", "quantized:4", "pooledall:2", "pooledq:2"})
  void signsOfActivationsAreExact(String spec) {
    Program p =
        Nets.step(
            "chain",
            (t, x) -> {
              Tensor h = x;
              for (int i = 0; i < 3; i++) {
                Tensor in = h;
                h = t.scope("layer" + i, () -> biased(t, in));
              }
              Tensor last = h;
              return t.scope("head", () -> Nets.dense(t, "out", t.mean(last, 1, 2), 3));
            },
            2,
            8,
            8,
            3);
    Map<String, HostTensor> store = first(p);
    Map<String, HostTensor> lossy = first(save(spec, p));
    for (int i = 0; i < 3; i++) {
      String bias = "state layer" + i + ".bias";
      assertThat(lossy.get(bias).sameBits(store.get(bias))).as(bias).isTrue();
    }
    String filter = "state layer2.conv.filter";
    assertThat(lossy.get(filter).sameBits(store.get(filter))).isFalse();
  }

  private static Tensor biased(Trace t, Tensor x) {
    Tensor y = Nets.conv(t, "conv", x, 8, Geometry.square(3, 1, 1));
    Tensor bias =
        t.parameter("bias", y.dtype(), new dev.retrograde.ir.StateEntry.Init.Fill(0.1), y.dim(3));
    return t.relu(t.add(y, bias));
  }

  // Random numbers.

  /// State after one step of a given key.
  private static Map<String, HostTensor> keyed(Program p, int seed, int step) {
    try (StateStore state = StateStore.of(3, p);
        Executable e = new InterpTarget().compile(p, state, Target.Options.DEFAULT)) {
      Comparison.fill(e, 5);
      Program.Named key =
          p.inputs().stream().filter(i -> i.name().equals("key")).findFirst().orElseThrow();
      Segments.write(
          e.input("key"), HostTensor.fill(key.value().type(), i -> i == 0 ? seed : step));
      e.run();
      return Comparison.seen(e, state);
    }
  }

  private static boolean same(Map<String, HostTensor> a, Map<String, HostTensor> b) {
    return a.entrySet().stream().allMatch(e -> e.getValue().sameBits(b.get(e.getKey())));
  }

  @ParameterizedTest
  @CsvSource({"quantized:8", "quantized:4", "pooledq:2"})
  @DisplayName("C14: codes of a step follow from its seed and number")
  void equalKeysGiveEqualSteps(String spec) {
    Program p = save(spec, Nets.resnet(2, 6, 1, 4, 8));
    Map<String, HostTensor> one = keyed(p, 7, 3);
    assertThat(same(one, keyed(p, 7, 3))).isTrue();
    assertThat(same(one, keyed(p, 7, 4))).isFalse();
    assertThat(same(one, keyed(p, 8, 3))).isFalse();
    assertThat(one.get("output loss").sameBits(keyed(p, 7, 4).get("output loss"))).isTrue();
  }

  /// Two equal layers with equal weights and inputs round differently: draws are not shared.
  @Test
  @DisplayName("C14: layers have draws of their own")
  void layersDoNotShareDraws() {
    Program p =
        Nets.step(
            "twins",
            (t, x) -> {
              Tensor h = Nets.conv(t, "stem", x, 8, Geometry.square(3, 1, 1));
              Tensor a = twin(t, "a", h);
              Tensor b = twin(t, "b", h);
              Tensor y = t.add(a, b);
              return t.scope("head", () -> Nets.dense(t, "out", t.mean(y, 1, 2), 3));
            },
            4,
            6,
            6,
            3);
    Map<String, HostTensor> after = first(save("quantized:4", p));
    HostTensor a = after.get("state a.bn.gamma.momentum");
    HostTensor b = after.get("state b.bn.gamma.momentum");
    Map<String, HostTensor> store = first(p);
    assertThat(
            store.get("state a.bn.gamma.momentum").sameBits(store.get("state b.bn.gamma.momentum")))
        .isTrue();
    assertThat(a.sameBits(b)).isFalse();
  }

  /// Norm and relu, no random weights: what is the same twice before rounding.
  private static Tensor twin(Trace t, String name, Tensor x) {
    return t.scope(name, () -> t.relu(Nets.batchNorm(t, "bn", x)));
  }

  // Policies of different layers.

  private static Saving mixed(String otherwise, String... layers) {
    List<Saving.Selection> all = new java.util.ArrayList<>();
    for (int i = 0; i < layers.length; i += 2) {
      all.add(new Saving.Selection(Glob.of(layers[i]), Saving.parse(layers[i + 1])));
    }
    return new Saving.ByLayer(Saving.parse(otherwise), all);
  }

  @Test
  void mixturesWithoutLossHaveTheBitsOfStoring() {
    Program resnet = Nets.resnet(2, 8, 2, 4, 8);
    Program revnet = SavingNets.revnet(3, 16, 0.2);
    Map<Saving, Program> all = new LinkedHashMap<>();
    all.put(mixed("store", "block0*", "exact"), resnet);
    all.put(mixed("exact", "block1*", "recompute:1"), resnet);
    all.put(mixed("recompute:2", "block0*", "exact", "head", "store"), resnet);
    all.put(mixed("recompute:1", "block01", "store", "block1*", "pooled:1"), resnet);
    all.put(mixed("store", "stage", "reversible"), revnet);
    all.put(mixed("exact", "stage/block0", "recompute:1", "stage/block2", "reversible"), revnet);
    all.put(mixed("reversible", "stage/block1", "store"), revnet);
    all.put(mixed("reversible", "stage/block1", "exact", "head", "recompute:1"), revnet);
    all.forEach((saving, p) -> {
      assertThat(saving.lossless()).isTrue();
      Map<String, HostTensor> store = Comparison.run(new InterpTarget(), Target.Options.DEFAULT, p);
      Comparison.assertSameBits(
          saving.spec(),
          store,
          Comparison.run(new InterpTarget(), Target.Options.DEFAULT, save(saving, p).program()));
    });
  }

  /// Every gradient points about where the exact one does.
  @Test
  void mixturesWithLossAreFiniteAndClose() {
    Program resnet = Nets.resnet(4, 8, 2, 4, 8);
    Program plain = SavingNets.revnet(3, -1, 0.2);
    Program revnet = SavingNets.revnet(3, 16, 0.2);
    Map<Saving, Program> all = new LinkedHashMap<>();
    all.put(mixed("exact", "block0*", "quantized:8"), resnet);
    all.put(mixed("quantized:8", "block1*", "exact"), resnet);
    all.put(mixed("quantized:8", "block1*", "recompute:1"), resnet);
    all.put(mixed("recompute:1", "block01", "quantized:8"), resnet);
    all.put(mixed("recompute:1", "block0*", "pooledq:2"), resnet);
    all.put(mixed("pooled:2", "block1*", "recompute:2"), resnet);
    all.put(mixed("reversible", "", "quantized:8", "stage/**", "reversible"), revnet);
    all.put(mixed("quantized:8", "stage", "reversible"), revnet);
    all.put(mixed("quantized:8", "stage", "reversible"), plain);
    all.put(mixed("pooled:2", "stage", "reversible", "head", "blocksparse:4:0.5"), revnet);
    all.forEach((saving, p) -> {
      Map<String, HostTensor> store = SavingNets.first(new InterpTarget(), p);
      Map<String, HostTensor> found =
          SavingNets.first(new InterpTarget(), save(saving, p).program());
      assertThat(found.get("output loss").sameBits(store.get("output loss"))).isTrue();
      store.forEach((name, v) -> {
        boolean averaged = saving.spec().contains("pooled") && name.contains("filter");
        if (name.endsWith(".momentum")) {
          assertThat(cosine(v, found.get(name)))
              .as("%s: %s", saving.spec(), name)
              .isGreaterThan(averaged ? 0.1 : 0.98);
        }
      });
    });
  }

  private static double cosine(HostTensor a, HostTensor b) {
    double ab = 0;
    double aa = 1e-30;
    double bb = 1e-30;
    for (int i = 0; i < a.size(); i++) {
      ab += a.get(i) * b.get(i);
      aa += a.get(i) * a.get(i);
      bb += b.get(i) * b.get(i);
    }
    return ab / Math.sqrt(aa * bb);
  }
}
