package dev.retrograde.lab.suite;

import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.dropout;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.residual;
import static dev.retrograde.nn.Layers.sequential;

import dev.retrograde.choice.Saving;
import dev.retrograde.data.generate.GeneratedDigits;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.lab.task.Task;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Layers;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.target.Target;
import dev.retrograde.train.NonFiniteException;
import dev.retrograde.train.Training;
import java.util.List;
import java.util.Map;

/// Policies that lose nothing beside `store`: every loss and, at the end, the whole state, running
/// statistics included, compared bit for bit.
record ExactRows(Target target, Target.Options options) {
  private static final int BATCH = 4;
  private static final int REVERSIBLE_STEPS = 200;
  private static final int STEPS = 50;

  private static final double RATE = 0.01;

  /// Coarser than usual: values of a hundred units, trained at this rate, leave the range of 2^-16.
  private static final int GRID = 12;

  void run(Suite.Listener listener) {
    Saving reversible = new Saving.Reversible();
    for (int blocks : List.of(10, 100)) {
      Task task = task("exact reversible x" + blocks, chain(blocks), REVERSIBLE_STEPS);
      compare(listener, task, reversible, REVERSIBLE_STEPS);
    }
    Task mixed = task("dropout and batch norm", mixed(), STEPS);
    for (Saving s : List.of(new Saving.Exact(), new Saving.Recompute(1), reversible)) {
      compare(listener, mixed, s, STEPS);
    }
  }

  private static Layer chain(int blocks) {
    return sequential(
        named("stem", conv2d(8, 3).stride(2)),
        named("stage1", Zoo.reversibleStage(blocks, 8).exact(GRID)),
        named("pool", globalAveragePool()),
        named("fc", dense(10)));
  }

  private static Layer mixed() {
    return sequential(
        named("stem", conv2d(8, 3).stride(2)),
        Layers.block(
            "block0",
            residual(sequential(batchNorm(), relu(), dropout(0.2), conv2d(8, 3), batchNorm()))),
        named("stage1", Zoo.reversibleStage(2, 8).exact()),
        named("drop", dropout(0.3)),
        named("pool", globalAveragePool()),
        named("fc", dense(10)));
  }

  private static Task task(String name, Layer model, int steps) {
    return new Task(
        name,
        model,
        GeneratedDigits.of(BATCH * steps, BATCH, 1),
        BATCH,
        1,
        Optimizers.sgd(RATE),
        Schedule.constant(),
        List.of());
  }

  private void compare(Suite.Listener listener, Task task, Saving saving, int steps) {
    Figure figure =
        new Figure(
            "exact",
            task.name(),
            saving.spec(),
            BATCH,
            options.threads(),
            "steps and states that differ in a bit");
    try {
      listener.row(figure.atMost(differing(task, saving, steps), 0, null, Map.of("steps", steps)));
    } catch (NonFiniteException e) {
      listener.row(figure.failed(String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
    }
  }

  private int differing(Task task, Saving saving, int steps) {
    try (Training stored = task.training(new Saving.Store(), 1, target, options);
        Training other = task.training(saving, 1, target, options)) {
      int different = 0;
      for (int i = 0; i < steps; i++) {
        different += Double.compare(stored.step(), other.step()) == 0 ? 0 : 1;
      }
      for (StateEntry e : stored.state().entries()) {
        if (!stored.state().get(e.name()).sameBits(other.state().get(e.name()))) {
          different++;
        }
      }
      return different;
    }
  }
}
