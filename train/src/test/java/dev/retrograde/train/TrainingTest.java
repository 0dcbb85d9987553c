package dev.retrograde.train;

import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.block;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.dropout;
import static dev.retrograde.nn.Layers.flatten;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.residual;
import static dev.retrograde.nn.Layers.sequential;
import static dev.retrograde.nn.update.Optimizers.adam;
import static dev.retrograde.nn.update.Optimizers.sgd;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.choice.Saving;
import dev.retrograde.data.load.Augmentation;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.NoGradientException;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.ShapeException;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainingTest {
  /// Everything that makes recomputation and repetition hard: statistics, dropout, residual sums.
  private static Layer net() {
    return sequential(
        block("block0", conv2d(3, 3).noBias(), batchNorm(), relu()),
        block("block1", residual(sequential(conv2d(3, 3).noBias(), batchNorm())).then(relu())),
        block("block2", dropout(0.3), conv2d(4, 3).stride(2), relu()),
        named("pool", globalAveragePool()),
        named("fc", dense(3)));
  }

  private static Setup setup() {
    return Training.of("net", net())
        .data(Shapes.of(37, 11))
        .batch(10)
        .seed(5)
        .augment(Augmentation.shift(1))
        .epochs(2)
        .update(adam(0.01), Schedule.warmUp(2, Schedule.cosine()));
  }

  private static Map<String, HostTensor> state(Training run) {
    Map<String, HostTensor> all = new LinkedHashMap<>();
    for (StateEntry e : run.state().entries()) {
      all.put(e.name(), run.state().get(e.name()));
    }
    return all;
  }

  private static void assertSameBits(Map<String, HostTensor> a, Map<String, HostTensor> b) {
    assertThat(a.keySet()).isEqualTo(b.keySet());
    a.forEach((name, v) -> assertThat(v.sameBits(b.get(name))).as(name).isTrue());
  }

  @Test
  void equalSettingsGiveEqualBits() {
    try (Training a = setup().start();
        Training b = setup().start();
        Training other = setup().seed(6).start()) {
      a.epochs(2);
      b.steps(8);
      other.epochs(2);
      assertThat(a.losses().toArray()).containsExactly(b.losses().toArray());
      assertSameBits(state(a), state(b));
      assertThat(a.epochResults().getLast().test()).isEqualTo(b.epochResults().getLast().test());
      assertThat(a.orderHash()).isEqualTo(b.orderHash()).isNotEqualTo(other.orderHash());
      assertThat(other.losses().toArray()).isNotEqualTo(a.losses().toArray());
    }
  }

  @Test
  void recomputationGivesTheBitsOfStoring() {
    try (Training store = setup().start();
        Training one = setup().backward(new Saving.Recompute(1)).start();
        Training two = setup().backward(new Saving.Recompute(2)).start()) {
      store.epochs(2);
      one.epochs(2);
      two.epochs(2);
      assertThat(one.losses().toArray()).containsExactly(store.losses().toArray());
      assertSameBits(state(store), state(one));
      assertSameBits(state(store), state(two));
      assertThat(one.stepExecutable().program().nodes().size())
          .isGreaterThan(store.stepExecutable().program().nodes().size());
    }
  }

  @Test
  void theLastShortBatchIsTrainedAndEveryEpochValidated() {
    List<String> heard = new ArrayList<>();
    Progress ears =
        new Progress() {
          @Override
          public void onStep(Training run, double loss) {
            heard.add("step " + run.steps());
          }

          @Override
          public void onEpoch(Training run, EpochResult e) {
            heard.add("epoch " + e.epoch());
          }
        };
    try (Training run = setup().listen(ears).start()) {
      assertThat(run.stepsPerEpoch()).isEqualTo(4);
      run.epochs(1);
      assertThat(heard).containsExactly("step 1", "step 2", "step 3", "step 4", "epoch 1");
      EpochResult e = run.epochResults().get(0);
      double[] losses = run.losses().toArray();
      double sum = 10 * (losses[0] + losses[1] + losses[2]) + 7 * losses[3];
      assertThat(e.trainLoss()).isCloseTo(sum / 37, within(1e-12));
      assertThat(e.trainAccuracy() * 37 % 1).isCloseTo(0, within(1e-9));
      assertThat(e.test().count()).isEqualTo(11);
      assertThat(e.test()).isEqualTo(run.evaluate());
      assertThat(run.secondsPerStep().median(0)).isPositive();
    }
  }

  @Test
  void evaluationDoesNotDependOnTheBatchAndChangesNothing() {
    try (Training run = setup().start()) {
      run.steps(3);
      Map<String, HostTensor> before = state(run);
      Evaluation whole = run.evaluate();
      try (Evaluator each =
          new Evaluator(run.plan(), run.state(), new InterpTarget(), Target.Options.DEFAULT)) {
        Evaluation single = each.evaluate(run.material().test(1), run.material().evaluation(1));
        assertThat(single.correct()).isEqualTo(whole.correct());
        assertThat(single.loss()).isCloseTo(whole.loss(), within(1e-6));
      }
      assertSameBits(before, state(run));
    }
  }

  @Test
  void theScheduleSetsTheRateOfEachStepWithoutCompiling() {
    Setup s =
        Training.of("mlp:4")
            .data(Shapes.of(20, 5))
            .batch(10)
            .epochs(2)
            .validate(false)
            .update(sgd(0.5), Schedule.steps(0.1, 1));
    CountingTarget target = new CountingTarget();
    try (Training run = s.target(target).start()) {
      HostTensor w0 = run.state().get("fc2.bias");
      run.step();
      HostTensor w1 = run.state().get("fc2.bias");
      run.steps(3);
      assertThat(w1.sameBits(w0)).isFalse();
      assertThat(run.rate(0)).isEqualTo(0.5);
      assertThat(run.rate(1)).isCloseTo(0.05, within(1e-15));
      assertThat(run.epochResults().getLast().test()).isNull();
      assertThat(target.compiled).containsExactly("step");
    }
  }

  @Test
  void executablesAreKeptByBatchSizeUpToFour() {
    CountingTarget target = new CountingTarget();
    try (Training run = setup().start();
        Executables e =
            new Executables(run.plan()::evaluate, run.state(), target, Target.Options.DEFAULT)) {
      Executable one = e.of(1);
      for (int n = 2; n <= 4; n++) {
        e.of(n);
      }
      assertThat(e.of(1)).isSameAs(one);
      e.of(5);
      assertThat(e.of(1)).isSameAs(one);
      assertThat(target.compiled).hasSize(5);
      e.of(2);
      assertThat(target.compiled).hasSize(6);
    }
  }

  /// The step of a linear model by hand: p' = p - lr * gradient.
  @Test
  void aStepOfALinearModelIsTheFormula() {
    Setup s =
        Training.of("linear", sequential(flatten(), named("fc", dense(3))))
            .data(Shapes.of(3, 3))
            .batch(3)
            .update(sgd(0.25));
    try (Training run = s.start()) {
      HostTensor w = run.state().get("fc.weight");
      HostTensor b = run.state().get("fc.bias");
      // A batch of all samples in some order: the mean gradient does not depend on the order.
      double[] db = new double[3];
      byte[] pixels = new byte[36];
      Material.Images images = (Material.Images) run.material();
      double loss = 0;
      for (int i = 0; i < 3; i++) {
        images.set().train().copyImage(i, pixels);
        double[] z = b.toDoubles();
        for (int k = 0; k < 36; k++) {
          double x =
              ((pixels[k] & 255) / 255.0 - images.normalization().mean().get(0))
                  / images.normalization().deviation().get(0);
          for (int c = 0; c < 3; c++) {
            z[c] += x * w.get(k * 3 + c);
          }
        }
        double sum = Math.exp(z[0]) + Math.exp(z[1]) + Math.exp(z[2]);
        int label = images.set().train().label(i);
        loss += (Math.log(sum) - z[label]) / 3;
        for (int c = 0; c < 3; c++) {
          db[c] += (Math.exp(z[c]) / sum - (c == label ? 1 : 0)) / 3;
        }
      }
      assertThat(run.step()).isCloseTo(loss, within(1e-5));
      for (int c = 0; c < 3; c++) {
        assertThat(run.state().get("fc.bias").get(c))
            .isCloseTo(b.get(c) - 0.25 * db[c], within(1e-6));
      }
    }
  }

  @Test
  void twoRunsMayTakeTurns() {
    try (Training alone = setup().start();
        Training a = setup().start();
        Training b = setup().seed(9).start()) {
      alone.steps(6);
      for (int i = 0; i < 3; i++) {
        a.steps(2);
        b.steps(2);
      }
      assertSameBits(state(alone), state(a));
    }
  }

  @Test
  void wrongUseSaysWhatToDo() {
    assertThatThrownBy(() -> Training.of("mlp").start()).hasMessageContaining("data(...)");
    assertThatThrownBy(() -> Training.of("mlp").batch(0)).hasMessageContaining("at least 1");
    Setup noFlatten = Training.of(dense(3)).data(Shapes.of(6, 3));
    assertThatThrownBy(noFlatten::start)
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("flatten()");
    Setup tooMany = Training.of(sequential(flatten(), dense(4))).data(Shapes.of(6, 3));
    assertThatThrownBy(tooMany::start)
        .hasMessageContaining("4 logits")
        .hasMessageContaining("dense(3)");
    Layer cut = (t, x) -> t.stopGradient(x);
    Setup noPath =
        Training.of(sequential(flatten(), named("fc", dense(3)), named("cut", cut)))
            .data(Shapes.of(6, 3));
    assertThatThrownBy(noPath::start)
        .isInstanceOf(NoGradientException.class)
        .hasMessageContaining("fc.")
        .hasMessageContaining("StopGradient 'cut");
  }

  @Test
  void seriesGrowAndGiveTheirMiddle() {
    Series s = new Series();
    for (int i = 0; i < 1000; i++) {
      s.add(i);
    }
    assertThat(s.size()).isEqualTo(1000);
    assertThat(s.median(0)).isEqualTo(499.5);
    assertThat(s.median(999)).isEqualTo(999);
    assertThat(s.median(1000)).isNaN();
    assertThatThrownBy(() -> s.get(1000)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  /// The programs' faces are what other modules rely on.
  @Test
  void programsHaveTheirDocumentedInputsAndOutputs() {
    try (Training run = setup().start()) {
      Program step = run.plan().step(4);
      assertThat(step.inputs())
          .extracting(i -> i.name() + " " + i.value().type())
          .containsExactlyInAnyOrder("x f32[4,6,6,1]", "labels i32[4]", "lr f32[]", "key i32[2]");
      assertThat(step.outputs()).extracting(Program.Named::name).containsExactly("loss", "correct");
      Program evaluate = run.plan().evaluate(4);
      assertThat(evaluate.inputs()).extracting(Program.Named::name).containsExactly("x", "labels");
      assertThat(evaluate.output("logits").type()).isEqualTo(Type.of(DType.F32, 4, 3));
      assertThat(evaluate.updates()).isEmpty();
    }
  }

  private static final class CountingTarget implements Target {
    private final Target inner = new InterpTarget();
    private final List<String> compiled = new ArrayList<>();

    @Override
    public String name() {
      return "counting";
    }

    @Override
    public Executable compile(Program program, StateStore state, Options options) {
      compiled.add(program.name());
      return inner.compile(program, state, options);
    }
  }
}
