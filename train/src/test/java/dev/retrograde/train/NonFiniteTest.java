package dev.retrograde.train;

import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.flatten;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.sequential;
import static dev.retrograde.nn.update.Optimizers.adam;
import static dev.retrograde.nn.update.Optimizers.sgd;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.nn.Layer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NonFiniteTest {
  private static Map<String, HostTensor> state(Training run) {
    Map<String, HostTensor> all = new LinkedHashMap<>();
    for (StateEntry e : run.state().entries()) {
      all.put(e.name(), run.state().get(e.name()));
    }
    return all;
  }

  /// A weight that is huge makes the first convolution overflow at the second step.
  @Test
  void aStepWithoutAFiniteLossNamesTheLayerAndLeavesWeightsOptimiserAndStatistics() {
    Layer net =
        sequential(
            named("conv", conv2d(2, 3)),
            named("bn", batchNorm()),
            named("relu", relu()),
            flatten(),
            named("fc", dense(3)));
    try (Training run =
        Training.of(net).data(Shapes.of(20, 5)).batch(5).update(adam(0.01)).start()) {
      run.step();
      HostTensor w = run.state().get("conv.weight");
      run.state().set("conv.weight", HostTensor.fill(w.type(), i -> 3e38));
      Map<String, HostTensor> before = state(run);
      assertThat(before.keySet()).anyMatch(n -> n.startsWith("optimizer."));
      NonFiniteException e = catchThrowableOfType(NonFiniteException.class, run::step);
      assertThat(e.step()).isEqualTo(1);
      assertThat(e.loss()).isNaN();
      assertThat(e.where()).startsWith("layer 'conv").endsWith("in Conv");
      assertThat(e)
          .hasMessageContaining("step 1 (epoch 1, batch 1): the loss is NaN")
          .hasMessageContaining("Lower the learning rate");
      Map<String, HostTensor> after = state(run);
      before.forEach((name, v) -> assertThat(v.sameBits(after.get(name))).as(name).isTrue());
      assertThat(run.steps()).isEqualTo(1);
      assertThatThrownBy(run::step)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("stopped at step 1");
    }
  }

  @Test
  void anInfiniteLossCountsToo() {
    Layer huge = (t, x) -> t.mul(x, 1e38);
    Layer net =
        sequential(flatten(), named("fc", dense(3)), named("up", huge), named("more", huge));
    try (Training run = Training.of(net).data(Shapes.of(6, 3)).batch(6).update(sgd(1)).start()) {
      NonFiniteException e = catchThrowableOfType(NonFiniteException.class, run::step);
      assertThat(e.where()).startsWith("layer 'more").endsWith("in mul");
    }
  }

  @Test
  void aBadWeightIsNamedAsSuch() {
    try (Training run = Training.of("mlp:4").data(Shapes.of(6, 3)).batch(6).start()) {
      HostTensor b = run.state().get("fc1.bias");
      b.set(0, Double.NaN);
      run.state().set("fc1.bias", b);
      NonFiniteException e = catchThrowableOfType(NonFiniteException.class, run::step);
      assertThat(e.where()).isEqualTo("state 'fc1.bias'");
    }
  }
}
