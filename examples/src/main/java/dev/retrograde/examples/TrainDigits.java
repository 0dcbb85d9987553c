package dev.retrograde.examples;

import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.flatten;
import static dev.retrograde.nn.Layers.maxPool;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.sequential;
import static dev.retrograde.nn.update.Optimizers.sgd;

import dev.retrograde.choice.Saving;
import dev.retrograde.data.DataSet;
import dev.retrograde.data.generate.GeneratedDigits;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.target.Target;
import dev.retrograde.train.SavedModel;
import dev.retrograde.train.Training;
import java.io.IOException;
import java.nio.file.Path;

/// Trains a small network on generated digits, saves it, and loads it back.
public final class TrainDigits {
  private TrainDigits() {}

  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args.length > 0 ? args[0] : "runs/digits");
    Target target = Targets.find().choose("auto").target(); // x64, else jvm
    DataSet digits = GeneratedDigits.of(3_000, 500, 1);

    Layer net =
        sequential(
            conv2d(16, 3).noBias(),
            batchNorm(),
            relu(),
            maxPool(2),
            conv2d(32, 3).noBias(),
            batchNorm(),
            relu(),
            maxPool(2),
            flatten(),
            dense(10));

    try (Training run =
        Training.of(net)
            .data(digits)
            .batch(50)
            .seed(7)
            .epochs(2)
            .update(sgd(0.05).momentum(0.9).weightDecay(1e-4).except("**.bias"), Schedule.cosine())
            .backward(new Saving.Recompute(4))
            .target(target, Target.Options.threads(2))
            .start()) {
      run.epochs(2);
      run.epochResults().forEach(e -> System.out.printf("epoch %d, %s%n", e.epoch(), e.test()));
      System.out.println("peak bytes " + run.stepExecutable().memory().peakBytes());
      run.save(folder);
    }

    try (SavedModel model = SavedModel.open(folder, net, target, Target.Options.DEFAULT)) {
      System.out.println("loaded, " + model.evaluate(digits.test(), 100));
    }
  }
}
