package dev.retrograde.examples;

import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.flatten;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.sequential;

import dev.retrograde.data.generate.GeneratedDigits;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.Type;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Summary;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import dev.retrograde.train.Training;

/// A layer of one's own is a function that traces; its derivative comes by itself.
public final class OwnLayer {
  private OwnLayer() {}

  /// `x: [..., c]` to `x sigmoid(beta x)`, with a trained `beta: [c]`.
  static Tensor swish(Trace t, Tensor x) {
    Tensor beta = t.parameter("beta", x.dtype(), new Init.Fill(1), x.dim(-1));
    return t.mul(x, t.apply(Functions.SIGMOID, t.mul(x, beta)));
  }

  public static void main(String[] args) {
    Layer net =
        sequential(
            flatten(), dense(64), named("swish", OwnLayer::swish), named("classes", dense(10)));
    System.out.print(Summary.of(net, Type.of(DType.F32, 50, 28, 28, 1)).table());

    try (Training run =
        Training.of(net)
            .data(GeneratedDigits.of(2_000, 500, 1))
            .batch(50)
            .update(Optimizers.adam(0.002))
            .target(Targets.find().choose("auto").target())
            .start()) {
      run.epochs(1);
      System.out.println(run.evaluate());
      System.out.println("beta[0] = " + run.state().get("swish.beta").get(0));
    }
  }
}
