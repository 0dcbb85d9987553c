package dev.retrograde.bench.engine;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.bench.task.Elementwise;
import dev.retrograde.bench.task.Lenet;
import dev.retrograde.bench.task.Mlp;
import dev.retrograde.bench.task.PeerTask;
import dev.retrograde.bench.task.ResidualStage;
import dev.retrograde.bench.task.Resnet;
import dev.retrograde.bench.task.Resnet18;
import dev.retrograde.bench.task.Sgd;
import dev.retrograde.bench.task.SmallCnn;
import dev.retrograde.choice.Saving;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.Value;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Layers;
import dev.retrograde.nn.Loss;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.update.Optimizer;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import dev.retrograde.train.Plan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The training steps of the tasks as programs: the zoo's networks under the plan that the trainer
/// uses, its guard against losses that are not finite included.
///
/// The elementwise task trains nothing. Its program has the loss and the four gradients as outputs.
final class EngineSteps {
  static final String GRADIENT = "gradient.";

  private EngineSteps() {}

  /// The step of `task` with `batch` samples under a saving policy.
  static Program step(PeerTask task, int batch, Saving saving) {
    return switch (task) {
      case Mlp mlp -> classifier(mlp, perceptron(mlp), mlp.sgd(), saving).step(batch);
      case Lenet lenet ->
          classifier(lenet, Zoo.lenet(lenet.classes()), lenet.sgd(), saving).step(batch);
      case SmallCnn cnn -> classifier(cnn, small(cnn), cnn.sgd(), saving).step(batch);
      case Resnet resnet -> classifier(resnet, residual(resnet), resnet.sgd(), saving).step(batch);
      case Resnet18 resnet ->
          classifier(resnet, Zoo.resnet18(resnet.classes()), resnet.sgd(), saving).step(batch);
      case ResidualStage stage ->
          plan(stage, squares(stage), new MeanOfOutputs(), stage.sgd(), saving).step(batch);
      case Elementwise formula -> saving.apply(formula(formula));
    };
  }

  /// Whether the step reads a batch.
  static boolean hasBatch(PeerTask task) {
    return !task.sampleShape().isEmpty();
  }

  private static Plan classifier(PeerTask task, Layer model, Sgd sgd, Saving saving) {
    return plan(task, model, Losses.crossEntropy(), sgd, saving);
  }

  private static Plan plan(PeerTask task, Layer model, Loss loss, Sgd sgd, Saving saving) {
    Optimizer optimizer = Optimizers.sgd(sgd.learningRate()).momentum(exact(sgd.momentum()));
    return new Plan(model, loss, optimizer, saving, task.sampleShape());
  }

  /// The decimal number that was meant: the peer reads its options as doubles too.
  private static double exact(float value) {
    return Double.parseDouble(Float.toString(value));
  }

  private static Layer perceptron(Mlp mlp) {
    List<Integer> hidden = mlp.widths().subList(1, mlp.widths().size() - 1);
    return Zoo.mlp(mlp.classes(), hidden.stream().mapToInt(Integer::intValue).toArray());
  }

  private static Layer small(SmallCnn cnn) {
    return Layers.sequential(
        Layers.named("conv1", Layers.conv2d(10, 5).valid()),
        Layers.maxPool(2),
        Layers.relu(),
        Layers.named("conv2", Layers.conv2d(20, 5).valid()),
        Layers.maxPool(2),
        Layers.relu(),
        Layers.flatten(),
        Layers.named("fc1", Layers.dense(50)),
        Layers.relu(),
        Layers.dropout(cnn.dropout()),
        Layers.named("fc2", Layers.dense(cnn.classes())));
  }

  private static Layer residual(Resnet resnet) {
    return switch (resnet.padding()) {
      case BOTH_SIDES -> Zoo.resnet(6 * resnet.blocksPerStage() + 2, resnet.classes());
      case BEHIND ->
          throw new IllegalArgumentException(
              "Task '"
                  + resnet.name()
                  + "': the zoo's shortcuts pad channels on both sides, found BEHIND; measure with"
                  + " BOTH_SIDES, which the peer knows too");
    };
  }

  /// The stage, then one number a sample: the mean of its squares.
  private static Layer squares(ResidualStage stage) {
    Layer blocks = Zoo.residualStage(stage.blocks(), stage.channels());
    return (t, x) -> {
      Tensor y = blocks.apply(t, x);
      return t.reshape(t.mean(t.mul(y, y), 1, 2, 3), x.dim(0), 1);
    };
  }

  /// The loss of a model that computes it itself, `[batch, 1]`; there are no targets.
  private record MeanOfOutputs() implements Loss {
    @Override
    public String spec() {
      return "mean";
    }

    @Override
    public Tensor perSample(Trace t, Tensor output, Tensor targets) {
      return t.reshape(output, output.dim(0));
    }
  }

  private static Program formula(Elementwise task) {
    return Trace.program(
        task.name(),
        true,
        t -> {
          Init unset = new Init.Fill(0);
          Map<String, Tensor> operands = new LinkedHashMap<>();
          task.parameters()
              .forEach(p ->
                  operands.put(p.name(), t.parameter(p.name(), DType.F32, unset, task.elements())));
          Tensor loss = t.sum(formula(t, operands));
          t.output(EngineContender.LOSS, loss);
          t.phase(Phase.BACKWARD);
          Map<String, Value> wanted = new LinkedHashMap<>();
          operands.forEach((name, tensor) -> wanted.put(name, tensor.value()));
          Reverse.gradients(t.emit(), t.nodes(), loss.value(), wanted)
              .forEach((name, gradient) -> t.output(GRADIENT + name, new Tensor(gradient)));
        });
  }

  private static Tensor formula(Trace t, Map<String, Tensor> operands) {
    Tensor a = operands.get("a");
    Tensor b = operands.get("b");
    Tensor c = operands.get("c");
    Tensor d = operands.get("d");
    if (a == null || b == null || c == null || d == null) {
      throw new AssertionError("the formula reads a, b, c and d, found " + operands.keySet());
    }
    Tensor product = t.apply(Functions.TANH, t.add(t.mul(a, b), c));
    Tensor gate = t.apply(Functions.SIGMOID, t.mul(product, t.exp(t.mul(t.neg(d), d))));
    Tensor ramp = t.mul(t.relu(t.sub(a, b)), 0.5);
    Tensor share = t.div(c, t.add(t.abs(d), 1));
    return t.add(t.sub(gate, ramp), share);
  }
}
