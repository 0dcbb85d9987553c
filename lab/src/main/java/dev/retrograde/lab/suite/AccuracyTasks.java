package dev.retrograde.lab.suite;

import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.globalAveragePool;
import static dev.retrograde.nn.Layers.named;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.sequential;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataException.Place;
import dev.retrograde.data.DataSet;
import dev.retrograde.data.read.DataHome;
import dev.retrograde.data.read.DataSets;
import dev.retrograde.lab.task.DataSource;
import dev.retrograde.lab.task.Task;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Reversible;
import dev.retrograde.nn.update.Optimizer;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.nn.zoo.Zoo;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/// What is trained to tell whether a saving policy costs accuracy.
final class AccuracyTasks {
  private static final int CIFAR_IMAGES = 20_000;
  private static final int CHANNELS = 16;

  private AccuracyTasks() {}

  /// Optical digits, 8 x 8 points each.
  static DataSet optDigits() {
    Path folder =
        DataHome.find("optdigits")
            .or(() -> DataHome.find("tabular"))
            .orElseThrow(() ->
                new DataException(
                    Place.whole(Path.of("optdigits")),
                    "a data set",
                    "nothing",
                    DataHome.cure("optdigits")));
    return DataSets.open(folder);
  }

  /// Two residual blocks, norm and relu behind each convolution.
  static Task residual(DataSet digits) {
    return digits(
        "small residual network",
        convolutional(Zoo.residualStage(2, CHANNELS), digits.train().classes()),
        digits);
  }

  /// Three reversible units, in the plain form, which rebuilds up to roundings.
  static Task reversible(DataSet digits) {
    return digits(
        "small reversible network", convolutional(stage(), digits.train().classes()), digits);
  }

  /// The same in the exact form, which rebuilds every bit.
  static Task reversibleExact(DataSet digits) {
    return digits(
        "small reversible network, exact form",
        convolutional(stage().exact(), digits.train().classes()),
        digits);
  }

  private static Reversible stage() {
    return Zoo.reversibleStage(3, CHANNELS);
  }

  private static Layer convolutional(Layer stage, int classes) {
    return sequential(
        named("stem", sequential(conv2d(CHANNELS, 3).noBias(), batchNorm(), relu())),
        named("stage1", stage),
        named("pool", globalAveragePool()),
        named("fc", dense(classes)));
  }

  private static Task digits(String name, Layer model, DataSet digits) {
    return new Task(name, model, digits, 64, 8, sgd(0.1), Schedule.cosine(), List.of());
  }

  /// [Subject#perceptron], with a usual batch and schedule.
  static Task perceptron(DataSet digits) {
    return new Task(
        Subject.PERCEPTRON,
        Subject.perceptron(digits.train().classes()),
        digits,
        64,
        8,
        sgd(0.05),
        Schedule.cosine(),
        List.of());
  }

  /// ResNet-20 on part of CIFAR-10.
  static Task cifar() {
    DataSet data = DataSource.open("cifar10", OptionalInt.of(CIFAR_IMAGES));
    return new Task(
        "resnet20",
        Zoo.of("resnet20", data.train().classes()),
        data,
        100,
        5,
        Optimizers.sgd(0.2).momentum(0.9).nesterov().weightDecay(5e-4).except("**.bias"),
        Schedule.warmUp(200, Schedule.cosine()),
        DataSource.augmentations("auto", data));
  }

  private static Optimizer sgd(double rate) {
    return Optimizers.sgd(rate).momentum(0.9).weightDecay(5e-4).except("**.bias");
  }

  /// The same task over another number of epochs.
  static Task withEpochs(Task t, int epochs) {
    return new Task(
        t.name(),
        t.model(),
        t.data(),
        t.batch(),
        epochs,
        t.optimizer(),
        t.schedule(),
        t.augmentations());
  }
}
