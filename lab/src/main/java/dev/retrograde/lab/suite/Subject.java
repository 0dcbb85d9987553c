package dev.retrograde.lab.suite;

import dev.retrograde.choice.Saved;
import dev.retrograde.choice.Saving;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.target.Forecast;
import dev.retrograde.target.Target;
import dev.retrograde.train.Plan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;

/// A training step with momentum and weight decay, to be measured without data: images are noise.
///
/// @param name of the model
/// @param net the model, from images to 10 classes
/// @param sample extents of an image
/// @param batch samples a step
record Subject(
    String name,
    Layer net,
    List<Integer> sample,
    int batch,
    Target target,
    Target.Options options) {
  /// Images of CIFAR's form.
  static final List<Integer> CIFAR = List.of(32, 32, 3);

  /// The name of [#perceptron].
  static final String PERCEPTRON = "mlp of 8 x 512";

  private static final int CLASSES = 10;
  private static final Set<Tag> ACTIVATIONS = Set.of(Tag.RESIDUAL, Tag.COTANGENT, Tag.WORKSPACE);

  /// A model of the zoo.
  static Subject of(String model, int batch, Target target, Target.Options options) {
    return new Subject(model, Zoo.of(model, CLASSES), CIFAR, batch, target, options);
  }

  /// Eight hidden layers of 512 with relu.
  static Layer perceptron(int classes) {
    int[] hidden = new int[8];
    Arrays.fill(hidden, 512);
    return Zoo.mlp(classes, hidden);
  }

  /// That perceptron on optical digits.
  static Subject perceptron(int batch, Target target, Target.Options options) {
    return new Subject(PERCEPTRON, perceptron(CLASSES), List.of(8, 8, 1), batch, target, options);
  }

  /// The plan of a run under a policy.
  Plan plan(Saving saving) {
    return new Plan(
        net,
        Losses.crossEntropy(),
        Optimizers.sgd(0.1).momentum(0.9).weightDecay(5e-4),
        saving,
        sample);
  }

  /// The step under a policy.
  Saved saved(Saving saving) {
    return plan(saving).saved(batch, this::forecast);
  }

  /// What a program will take.
  Forecast forecast(Program program) {
    return target.forecast(program, options);
  }

  /// What the step will take under a policy, to the byte.
  Forecast forecast(Saving saving) {
    return forecast(saved(saving).program());
  }

  /// By how many percent the joint peak is below that of `store`.
  double below(Saving saving) {
    long store = forecast(new Saving.Store()).memory().peakBytes();
    return 100.0 * (store - forecast(saving).memory().peakBytes()) / store;
  }

  /// A figure of this step under a policy.
  Figure figure(String part, Saving saving, String metric) {
    return new Figure(part, name, saving.spec(), batch, options.threads(), metric);
  }

  /// The most that residuals, cotangents and workspace take together at any moment.
  static long activationPeak(MemoryReport memory) {
    return peak(
        memory, memory.tensors().stream().filter(e -> ACTIVATIONS.contains(e.tag())).toList());
  }

  /// The arena over the most that is alive in it at any moment.
  static double arenaShare(MemoryReport memory) {
    return (double) memory.arenaBytes()
        / peak(memory, memory.tensors().stream().filter(e -> e.offset() >= 0).toList());
  }

  private static long peak(MemoryReport memory, List<MemoryReport.Entry> some) {
    return MemoryReport.of(some, Collections.nCopies(memory.steps(), ""), 0).peakBytes();
  }

  /// Puts noise, labels in turn, a small rate and a key into the inputs.
  static void fill(Executable e) {
    Random random = new Random(1);
    for (Program.Named i : e.program().inputs()) {
      MemorySegment m = e.input(i.name());
      Type t = i.value().type();
      for (int k = 0; k < t.size(); k++) {
        switch (i.name()) {
          case "labels" -> m.setAtIndex(ValueLayout.JAVA_INT, k, k % CLASSES);
          case "key" -> m.setAtIndex(ValueLayout.JAVA_INT, k, k + 1);
          case "lr" -> m.setAtIndex(ValueLayout.JAVA_FLOAT, k, 1e-3f);
          default -> m.setAtIndex(ValueLayout.JAVA_FLOAT, k, (float) random.nextGaussian());
        }
      }
    }
  }
}
