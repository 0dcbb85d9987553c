package dev.retrograde.lab.suite;

import dev.retrograde.data.DataSet;
import dev.retrograde.lab.backward.BackwardRun;
import dev.retrograde.lab.compare.Contestant;
import dev.retrograde.lab.task.DataSource;
import dev.retrograde.lab.task.Task;
import dev.retrograde.nn.update.Optimizer;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.target.Target;
import dev.retrograde.train.EpochResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Whether ordinary training reaches ordinary accuracy: a perceptron and LeNet on MNIST, ResNet-20
/// on CIFAR-10, within ten epochs each.
public final class AcceptCore implements Suite {
  private static final int EPOCHS = 10;

  /// One row to be met, and how it is trained.
  ///
  /// @param must test accuracy to be reached after the last epoch
  /// @param aim test accuracy hoped for
  private record Goal(
      String part,
      String model,
      String data,
      int batch,
      Optimizer optimizer,
      Schedule schedule,
      double must,
      double aim) {}

  private static List<Goal> goals() {
    return List.of(
        new Goal(
            "mlp",
            "mlp",
            "mnist",
            64,
            Optimizers.sgd(0.05).momentum(0.9),
            Schedule.cosine(),
            0.983,
            0.985),
        new Goal(
            "lenet",
            "lenet",
            "mnist",
            64,
            Optimizers.sgd(0.03).momentum(0.9).weightDecay(1e-4).except("**.bias"),
            Schedule.cosine(),
            0.990,
            0.992),
        new Goal(
            "resnet20",
            "resnet20",
            "cifar10",
            100,
            Optimizers.sgd(0.2).momentum(0.9).nesterov().weightDecay(5e-4).except("**.bias"),
            Schedule.warmUp(500, Schedule.cosine()),
            0.85,
            0.87));
  }

  @Override
  public String name() {
    return "accept-core";
  }

  @Override
  public String summary() {
    return "Test accuracy on MNIST and CIFAR-10 within ten epochs.";
  }

  @Override
  public List<String> parts() {
    return goals().stream().map(Goal::part).toList();
  }

  @Override
  public void run(Settings settings, Listener listener) {
    Target target = settings.chosen();
    int threads = settings.threads().orElse(Runtime.getRuntime().availableProcessors());
    for (Goal goal : goals()) {
      if (settings.wants(goal.part())) {
        DataSet data = DataSource.open(goal.data(), OptionalInt.empty());
        listener.row(train(goal, data, target, Target.Options.threads(threads), listener));
      }
    }
  }

  private static SuiteRow train(
      Goal goal, DataSet data, Target target, Target.Options options, Listener listener) {
    Task task =
        new Task(
            goal.model(),
            Zoo.of(goal.model(), data.train().classes()),
            data,
            goal.batch(),
            EPOCHS,
            goal.optimizer(),
            goal.schedule(),
            DataSource.augmentations("auto", data));
    int perEpoch = (int) (task.steps() / EPOCHS);
    try (Contestant run = new Contestant(task, BackwardRun.STORE, 1, target, options)) {
      while (run.going()) {
        run.advance(perEpoch);
        if (!run.epochs().isEmpty()) {
          listener.note(line(goal, run.epochs().getLast()));
        }
      }
      return row(goal, run, options.threads(), target.name());
    }
  }

  private static String line(Goal goal, EpochResult e) {
    return String.format(
        Locale.ROOT,
        "%s epoch %d: loss %.4f, test accuracy %.4f, %.1f s",
        goal.part(),
        e.epoch(),
        e.trainLoss(),
        e.test() == null ? Double.NaN : e.test().accuracy(),
        e.seconds());
  }

  private static SuiteRow row(Goal goal, Contestant run, int threads, String target) {
    List<EpochResult> epochs = run.epochs();
    double accuracy = run.result().course().accuracy();
    boolean met = run.result().ok() && accuracy >= goal.must();
    double seconds = epochs.stream().mapToDouble(EpochResult::seconds).sum() / epochs.size();
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("task", goal.part());
    fields.put("data", goal.data());
    fields.put("batch", goal.batch());
    fields.put("threads", threads);
    fields.put("target", target);
    fields.put("epochs", epochs.size());
    fields.put("optimizer", goal.optimizer().spec());
    fields.put("schedule", goal.schedule().spec());
    fields.put("accuracy", Double.isFinite(accuracy) ? accuracy : null);
    fields.put("seconds_per_epoch", Double.isFinite(seconds) ? seconds : null);
    fields.put(
        "status",
        run.result().ok() ? "ok" : run.result().status().text() + ": " + run.result().reason());
    fields.put("must", goal.must());
    fields.put("aim", goal.aim());
    fields.put("met", met);
    return new SuiteRow(fields, met);
  }
}
