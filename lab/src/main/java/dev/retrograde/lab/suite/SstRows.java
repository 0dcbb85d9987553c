package dev.retrograde.lab.suite;

import dev.retrograde.choice.Saving;
import dev.retrograde.lab.compare.Spread;
import dev.retrograde.lab.record.Json;
import dev.retrograde.lab.task.Task;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.target.Target;
import dev.retrograde.train.EpochResult;
import dev.retrograde.train.Material;
import dev.retrograde.train.Training;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What a TreeLSTM learns of the treebank: accuracy on the roots of the dev part after each epoch,
/// a row a seed and one of their mean with its 95 % interval. Nothing has to be met.
record SstRows(Target target, Target.Options options, KeptResults kept, Suite.Listener listener) {
  private static final String PART = "sst";
  private static final String ACCURACY = "accuracy_by_epoch";
  private static final String LOSS = "loss_by_epoch";
  private static final String MILLIS = "ms_per_tree";

  /// @param seeds how many, from 1
  void run(String model, Material.Trees trees, int epochs, int seeds) {
    Task task =
        new Task(
            model,
            Zoo.of(model, trees.classes(), trees.symbols()),
            trees,
            1,
            epochs,
            Optimizers.adagrad(0.05),
            Schedule.constant(),
            List.of());
    List<Double> last = new ArrayList<>();
    for (long seed = 1; seed <= seeds; seed++) {
      long s = seed;
      String key =
          "%s seed %d, %s, %d threads, %s"
              .formatted(PART, s, target.name(), options.threads(), task.settings());
      JsonNode r = kept.of(key, () -> train(task, s));
      last.add(r.get(ACCURACY).get(epochs - 1).asDouble());
      Map<String, @Nullable Object> fields = fields(task, String.valueOf(seed));
      fields.put("metric", "dev accuracy on roots after the last epoch");
      fields.put("value", last.getLast());
      fields.put(ACCURACY, r.get(ACCURACY));
      fields.put(LOSS, r.get(LOSS));
      fields.put(MILLIS, r.get(MILLIS).asDouble());
      listener.row(new SuiteRow(fields, true));
    }
    Spread spread = Spread.of(last);
    Map<String, @Nullable Object> fields = fields(task, "1 to " + seeds);
    fields.put("metric", "mean dev accuracy on roots after the last epoch");
    fields.put("value", spread.mean());
    boolean several = seeds > 1;
    fields.put("interval_low", several ? spread.mean() - spread.margin() : null);
    fields.put("interval_high", several ? spread.mean() + spread.margin() : null);
    listener.row(new SuiteRow(fields, true));
  }

  private Map<String, @Nullable Object> fields(Task task, String seed) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("task", PART);
    fields.put("model", task.name());
    fields.put("target", target.name());
    fields.put("threads", options.threads());
    fields.put("epochs", task.epochs());
    fields.put("optimizer", task.optimizer().spec());
    fields.put("seed", seed);
    return fields;
  }

  private ObjectNode train(Task task, long seed) {
    List<Double> accuracy = new ArrayList<>();
    List<Double> loss = new ArrayList<>();
    double seconds = 0;
    try (Training run = task.training(new Saving.Store(), seed, target, options)) {
      for (int i = 0; i < task.epochs(); i++) {
        run.epochs(1);
        EpochResult e = run.epochResults().getLast();
        accuracy.add(e.test() == null ? Double.NaN : e.test().accuracy());
        loss.add(e.trainLoss());
        seconds += e.seconds();
        listener.note(
            String.format(
                Locale.ROOT,
                "%s seed %d epoch %d: loss %.4f a tree, dev accuracy %.4f, %.1f s",
                PART,
                seed,
                e.epoch(),
                e.trainLoss(),
                accuracy.getLast(),
                e.seconds()));
      }
      ObjectNode out = Json.object();
      Json.put(out, ACCURACY, accuracy);
      Json.put(out, LOSS, loss);
      Json.put(out, MILLIS, 1e3 * seconds / run.steps());
      return out;
    }
  }
}
