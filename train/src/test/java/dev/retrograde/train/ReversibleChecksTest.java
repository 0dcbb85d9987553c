package dev.retrograde.train;

import static dev.retrograde.nn.Layers.averagePool;
import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.dropout;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.reversible;
import static dev.retrograde.nn.Layers.sequential;
import static dev.retrograde.nn.Layers.subsample;
import static dev.retrograde.nn.update.Optimizers.sgd;
import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.choice.Residual;
import dev.retrograde.choice.Saved;
import dev.retrograde.choice.Saving;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.nn.CoupledUnit;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.Padding;
import dev.retrograde.nn.Reversible;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The numbered checks of reversible networks that a program alone can answer.
class ReversibleChecksTest {
  private static final Saving REVERSIBLE = new Saving.Reversible();

  // Networks.

  private static Layer branch(int channels, double rate) {
    return sequential(
        named("bn1", batchNorm()),
        named("relu1", relu()),
        named("drop", dropout(rate)),
        named("conv1", conv2d(channels, 3).noBias()));
  }

  /// A stem, this many equal units of 8 channels and a head.
  private static Layer units(int n, boolean exact, double rate) {
    Reversible r = reversible(n, () -> branch(4, rate));
    return sequential(
        named("stem", conv2d(8, 3).noBias()),
        named("stage", exact ? r.exact() : r),
        named("pool", globalAveragePool()),
        named("fc", dense(3)));
  }

  /// Two stages, the second beginning with a unit that halves the image.
  private static Layer mixed(boolean exact) {
    Layer f =
        sequential(
            named("bn", batchNorm()),
            named("relu", relu()),
            named("conv", conv2d(8, 3).stride(2).pad(new Padding.Explicit(0, 1, 0, 1))));
    CoupledUnit down =
        CoupledUnit.of(f, branch(8, 0)).shortcut(averagePool(2).then(subsample(1, 8)));
    CoupledUnit flat = CoupledUnit.of(branch(8, 0), branch(8, 0));
    Reversible first = reversible(2, () -> branch(4, 0));
    Reversible second = reversible(List.of(down, flat, flat));
    return sequential(
        named("stem", conv2d(8, 3).noBias()),
        named("stage1", exact ? first.exact() : first),
        named("stage2", exact ? second.exact() : second),
        named("pool", globalAveragePool()),
        named("fc", dense(3)));
  }

  /// Forward and backward: the loss and the gradient of every parameter are outputs.
  private static Program gradients(Layer net, DType d, int batch, int side) {
    return Trace.program(
        "gradients",
        true,
        t -> {
          Tensor x = t.input("x", Type.of(d, batch, side, side, 3));
          Tensor labels = t.input("labels", Type.of(DType.I32, batch));
          Tensor logits = net.apply(t, x);
          Tensor loss = t.scope("loss", () -> Losses.crossEntropy().mean(t, logits, labels));
          t.output("loss", loss);
          t.phase(Phase.BACKWARD);
          Map<String, Value> wrt = new LinkedHashMap<>();
          for (StateEntry e : t.state()) {
            if (e.role() == Role.PARAMETER) {
              wrt.put(e.name(), t.stateValue(e.name()).value());
            }
          }
          Reverse.gradients(t.emit(), t.nodes(), loss.value(), wrt)
              .forEach((name, g) -> t.output("d " + name, new Tensor(g)));
        });
  }

  private static Plan plan(Layer net, Saving saving, int side) {
    return new Plan(
        net, Losses.crossEntropy(), sgd(0.05).momentum(0.9), saving, List.of(side, side, 3));
  }

  // Runs.

  /// Numbers that f32 holds, for both types alike.
  private static void fill(Executable e, int step) {
    Random r = new Random(5 + step);
    for (Program.Named i : e.program().inputs()) {
      Type t = i.value().type();
      HostTensor h =
          switch (i.name()) {
            case "lr" -> HostTensor.fill(t, k -> 0.05);
            case "key" -> HostTensor.fill(t, k -> k == 0 ? 3 : step);
            case "labels" -> HostTensor.fill(t, k -> k % 3);
            default -> HostTensor.fill(t, k -> (float) r.nextGaussian());
          };
      Segments.write(e.input(i.name()), h);
    }
  }

  private static Map<String, HostTensor> run(Program p, Target target, int steps) {
    try (StateStore state = StateStore.of(3, p);
        Executable e = target.compile(p, state, Target.Options.DEFAULT)) {
      for (int s = 0; s < steps; s++) {
        fill(e, s);
        e.run();
      }
      Map<String, HostTensor> all = new LinkedHashMap<>();
      for (Program.Named o : p.outputs()) {
        all.put(o.name(), Segments.read(e.output(o.name()), o.value().type()));
      }
      state.entries().forEach(s -> all.put("state " + s.name(), state.get(s.name())));
      return all;
    }
  }

  private static Map<String, HostTensor> run(Program p) {
    return run(p, new InterpTarget(), 1);
  }

  private static void assertSameBits(Map<String, HostTensor> a, Map<String, HostTensor> b) {
    assertThat(b.keySet()).isEqualTo(a.keySet());
    a.forEach((name, v) -> assertThat(b.get(name).sameBits(v)).as(name).isTrue());
  }

  /// The largest difference of a tensor, relative to its largest element; the worst of all.
  private static double distance(Map<String, HostTensor> a, Map<String, HostTensor> b) {
    double worst = 0;
    for (Map.Entry<String, HostTensor> e : a.entrySet()) {
      double scale = 1e-12;
      double far = 0;
      for (int i = 0; i < e.getValue().size(); i++) {
        double x = e.getValue().get(i);
        scale = Math.max(scale, Math.abs(x));
        far = Math.max(far, Math.abs(x - b.get(e.getKey()).get(i)));
      }
      worst = Math.max(worst, far / scale);
    }
    return worst;
  }

  /// All gradients as one vector.
  private static double[] vector(Map<String, HostTensor> seen) {
    return seen.entrySet().stream()
        .filter(e -> e.getKey().startsWith("d "))
        .flatMapToDouble(e -> java.util.Arrays.stream(e.getValue().toDoubles()))
        .toArray();
  }

  private static double norm(double[] a) {
    return Math.sqrt(java.util.Arrays.stream(a).map(v -> v * v).sum());
  }

  private static double[] minus(double[] a, double[] b) {
    double[] out = a.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] -= b[i];
    }
    return out;
  }

  // Checks.

  @Test
  @DisplayName("R3: in 64 bits gradients are those of storing to 1e-10")
  void doubleGradientsOfAMixedNet() {
    Program p = gradients(mixed(false), DType.F64, 2, 8);
    assertThat(distance(run(p), run(REVERSIBLE.apply(p)))).isLessThan(1e-10);
  }

  @Test
  @DisplayName("R4: plain in 32 bits, ten units, to 1e-5")
  void floatGradientsOfTenUnits() {
    Program p = gradients(units(10, false, 0), DType.F32, 4, 6);
    Map<String, HostTensor> store = run(p);
    Map<String, HostTensor> reversed = run(REVERSIBLE.apply(p));
    double[] a = vector(store);
    assertThat(norm(minus(vector(reversed), a)) / norm(a)).isLessThan(1e-5).isPositive();
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 100})
  @DisplayName("R4: the exact form differs in no bit")
  void exactGradients(int n) {
    Program p = gradients(units(n, true, 0), DType.F32, 2, n > 10 ? 4 : 6);
    assertSameBits(run(p), run(REVERSIBLE.apply(p)));
  }

  @Test
  @DisplayName("R4: the exact form of a mixed net differs in no bit, compiled")
  void exactGradientsOfAMixedNetCompiled() {
    Program p = gradients(mixed(true), DType.F32, 2, 8);
    assertSameBits(run(p, new JvmTarget(), 1), run(REVERSIBLE.apply(p), new JvmTarget(), 1));
  }

  @Test
  @DisplayName("R5: plain in 32 bits, a hundred units, below one degree and ten times f32's own")
  void floatGradientsOfAHundredUnits() {
    Layer net = units(100, false, 0);
    Program single = gradients(net, DType.F32, 4, 4);
    double[] truth = vector(run(gradients(net, DType.F64, 4, 4)));
    double[] stored = vector(run(single));
    double[] reversed = vector(run(REVERSIBLE.apply(single)));
    double dot = 0;
    for (int i = 0; i < stored.length; i++) {
      dot += stored[i] * reversed[i];
    }
    double cosine = Math.min(1, dot / (norm(stored) * norm(reversed)));
    assertThat(Math.toDegrees(Math.acos(cosine))).isLessThan(1);
    assertThat(norm(minus(reversed, truth))).isLessThan(10 * norm(minus(stored, truth)));
  }

  @Test
  @DisplayName(
      "R6, R7: statistics after 20 steps with dropout are bit-equal, each moved once a step")
  void statisticsMoveAsStored() {
    Layer net = units(2, true, 0.2);
    Program store = plan(net, new Saving.Store(), 6).step(4);
    Program reversed = plan(net, REVERSIBLE, 6).step(4);
    assertSameBits(run(store, new InterpTarget(), 20), run(reversed, new InterpTarget(), 20));
    Map<String, Long> moves =
        reversed.updates().stream()
            .collect(Collectors.groupingBy(Program.Update::entry, Collectors.counting()));
    assertThat(moves.values()).containsOnly(1L);
    assertThat(moves.keySet()).filteredOn(n -> n.contains("running")).hasSize(2 * 2 * 2);
  }

  private static Forecast forecast(Program p) {
    return new JvmTarget().forecast(p, Target.Options.DEFAULT);
  }

  /// What grows with the batch, at its worst step.
  private static long activations(MemoryReport r) {
    long most = 0;
    for (int i = 0; i < r.steps(); i++) {
      Map<Tag, Long> at = r.byTag(i);
      most = Math.max(most, at.get(Tag.RESIDUAL) + at.get(Tag.COTANGENT) + at.get(Tag.WORKSPACE));
    }
    return most;
  }

  @Test
  @DisplayName("R8: ten times the units keep vectors of channels more and nothing else")
  void peakDoesNotGrowWithDepth() {
    List<Long> peaks = new ArrayList<>();
    List<Long> vectors = new ArrayList<>();
    for (int n : List.of(10, 100)) {
      Saved s = plan(units(n, false, 0), REVERSIBLE, 12).saved(16, ReversibleChecksTest::forecast);
      peaks.add(activations(forecast(s.program()).memory()));
      vectors.add(
          s.residuals().stream().filter(r -> r.bytes() <= 4 * 4).mapToLong(Residual::kept).sum());
    }
    // Vectors of four channels take a line of memory each.
    long grown = (vectors.get(1) - vectors.get(0)) * 64 / 16;
    assertThat((double) peaks.get(1)).isLessThanOrEqualTo(1.001 * peaks.get(0) + grown);
  }

  @ParameterizedTest
  @CsvSource({"revnet110, 85.7e6", "revnet164, 265e6"})
  @DisplayName("R9, R10: peak activations at batch 100")
  void peaksOfTheZoo(String model, double most) {
    Plan p = plan(Zoo.of(model, 10), REVERSIBLE, 32);
    long peak = activations(forecast(p.step(100)).memory());
    assertThat((double) peak).isLessThanOrEqualTo(most);
  }

  @ParameterizedTest
  @CsvSource({
    "resnet20, store", "resnet20, exact", "resnet20, recompute:2", "resnet20, pooled:2",
    "resnet20, quantized:8", "revnet38, reversible", "revnet38, store", "lenet, exact"
  })
  @DisplayName("R12: the arena is at most 1.05 times what is live")
  void arenasAreTight(String model, String saving) {
    int side = model.equals("lenet") ? 28 : 32;
    MemoryReport r =
        forecast(plan(Zoo.of(model, 10), Saving.parse(saving), side).step(20)).memory();
    long live = 0;
    for (int i = 0; i < r.steps(); i++) {
      int step = i;
      live =
          Math.max(
              live,
              r.tensors().stream()
                  .filter(e -> e.offset() >= 0 && e.birth() <= step && step <= e.death())
                  .mapToLong(MemoryReport.Entry::bytes)
                  .sum());
    }
    assertThat(r.arenaBytes()).isLessThanOrEqualTo((long) (1.05 * live));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("R13: F and G run once forward and once backward")
  void functionsRunTwiceAStep(boolean exact) {
    Program p = plan(mixed(exact), REVERSIBLE, 8).step(2);
    Map<String, List<Node>> convolutions =
        p.nodes().stream()
            .filter(n -> n.op() instanceof LinearOp.Conv)
            .collect(Collectors.groupingBy(n -> n.origin().path()));
    int inside = 0;
    for (Map.Entry<String, List<Node>> e : convolutions.entrySet()) {
      List<Node> runs = e.getValue();
      boolean unit = e.getKey().contains("/f") || e.getKey().contains("/g");
      inside += unit ? 1 : 0;
      // What a stage begins with is kept: nothing is solved for there, and a last convolution, of
      // which backward reads nothing, need not run again.
      boolean first = e.getKey().contains("block0");
      assertThat(runs).as(e.getKey()).hasSizeBetween(unit && !first ? 2 : 1, unit ? 2 : 1);
      assertThat(runs.getFirst().origin().phase()).isEqualTo(Phase.FORWARD);
      assertThat(runs.getFirst().origin().epoch()).isZero();
      if (runs.size() == 2) {
        assertThat(runs.get(1).origin().phase()).isEqualTo(Phase.BACKWARD);
        assertThat(runs.get(1).origin().epoch()).isPositive();
      }
    }
    assertThat(inside).isEqualTo(10);
    assertThat(p.nodes().stream().filter(n -> n.op() instanceof MapOp.Couple)).hasSize(8);
  }

  @Test
  @DisplayName("R14: losses of 200 steps are bit-equal in the exact form")
  void twoHundredStepsHaveEqualLosses() {
    Layer net =
        sequential(
            named("stem", conv2d(4, 3).noBias()),
            named("stage", reversible(2, () -> branch(2, 0.1)).exact()),
            named("pool", globalAveragePool()),
            named("fc", dense(3)));
    Setup setup =
        Training.of("tiny", net)
            .data(Shapes.of(40, 3))
            .batch(4)
            .seed(4)
            .epochs(20)
            .validate(false)
            .target(new JvmTarget())
            .update(sgd(0.1).momentum(0.9));
    try (Training store = setup.start();
        Training reversed = setup.backward(REVERSIBLE).start()) {
      store.steps(200);
      reversed.steps(200);
      assertThat(reversed.losses().toArray()).containsExactly(store.losses().toArray());
      assertThat(store.losses().toArray()[199]).isLessThan(store.losses().toArray()[0]);
      assertThat(reversed.saved().kept()).isLessThan(store.saved().kept());
    }
  }
}
