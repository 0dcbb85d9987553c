package dev.retrograde.lab.suite;

import static dev.retrograde.nn.Layers.conv2d;
import static dev.retrograde.nn.Layers.dense;
import static dev.retrograde.nn.Layers.dropout;
import static dev.retrograde.nn.Layers.flatten;
import static dev.retrograde.nn.Layers.maxPool;
import static dev.retrograde.nn.Layers.relu;
import static dev.retrograde.nn.Layers.sequential;

import dev.retrograde.data.DataSet;
import dev.retrograde.lab.compare.Spread;
import dev.retrograde.lab.record.Json;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.update.Optimizer;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.target.Target;
import dev.retrograde.train.Evaluation;
import dev.retrograde.train.Training;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The small convolutional network that programs with callbacks were measured on (specification of
/// Lantern, section 3.1), on handwritten digits: seconds an epoch and test accuracy.
///
/// Departs from the original in momentum and a falling learning rate.
record DigitRows(Target target, Target.Options options, KeptResults kept, Suite.Listener listener) {
  private static final String PART = "cnn";
  private static final int BATCH = 100;
  private static final double RATE = 0.05;

  /// Two unpadded 5x5 convolutions of 10 and 20 channels, each with a maximum over 2x2 and relu,
  /// then 320-50-10 with relu and dropout: 21,840 parameters.
  static Layer network(int classes) {
    return sequential(
        conv2d(10, 5).valid(),
        maxPool(2),
        relu(),
        conv2d(20, 5).valid(),
        maxPool(2),
        relu(),
        flatten(),
        dense(50),
        relu(),
        dropout(0.5),
        dense(classes));
  }

  void run(DataSet digits, int epochs, double accuracy, double seconds) {
    Optimizer optimizer = Optimizers.sgd(RATE).momentum(0.9);
    String key =
        "%s %s, %d threads, %d epochs, %s, %016x"
            .formatted(
                PART,
                target.name(),
                options.threads(),
                epochs,
                optimizer.spec(),
                digits.train().fingerprint());
    JsonNode r = kept.of(key, () -> train(digits, epochs, optimizer));
    double reached = r.get("accuracy_by_epoch").get(epochs - 1).asDouble();
    Map<String, @Nullable Object> fields = fields(optimizer, epochs);
    fields.put("accuracy_by_epoch", r.get("accuracy_by_epoch"));
    listener.row(judged(fields, "test accuracy", reached, accuracy, reached >= accuracy));
    double took = r.get("seconds_per_epoch").asDouble();
    listener.row(
        judged(
            fields(optimizer, epochs), "seconds an epoch, median", took, seconds, took <= seconds));
  }

  private Map<String, @Nullable Object> fields(Optimizer optimizer, int epochs) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("task", PART);
    fields.put("model", "cnn");
    fields.put("target", target.name());
    fields.put("threads", options.threads());
    fields.put("batch", BATCH);
    fields.put("epochs", epochs);
    fields.put("optimizer", optimizer.spec());
    fields.put("schedule", Schedule.cosine().spec());
    return fields;
  }

  private static SuiteRow judged(
      Map<String, @Nullable Object> fields, String metric, double value, double must, boolean met) {
    fields.put("metric", metric);
    fields.put("value", value);
    fields.put("must", must);
    fields.put("met", met);
    return new SuiteRow(fields, met);
  }

  private ObjectNode train(DataSet digits, int epochs, Optimizer optimizer) {
    List<Double> accuracy = new ArrayList<>();
    List<Double> seconds = new ArrayList<>();
    try (Training run =
        Training.of("cnn", network(digits.train().classes()))
            .data(digits)
            .batch(BATCH)
            .epochs(epochs)
            .update(optimizer, Schedule.cosine())
            .target(target, options)
            .validate(false)
            .start()) {
      run.stepExecutable();
      for (int i = 0; i < epochs; i++) {
        long start = System.nanoTime();
        run.epochs(1);
        seconds.add((System.nanoTime() - start) * 1e-9);
        Evaluation e = run.evaluate();
        accuracy.add(e.accuracy());
        listener.note(
            String.format(
                Locale.ROOT,
                "%s epoch %d: loss %.4f, test accuracy %.4f, %.1f s",
                PART,
                i + 1,
                run.epochResults().getLast().trainLoss(),
                e.accuracy(),
                seconds.getLast()));
      }
    }
    ObjectNode out = Json.object();
    Json.put(out, "accuracy_by_epoch", accuracy);
    Json.put(out, "seconds_per_epoch", Spread.median(seconds));
    return out;
  }
}
