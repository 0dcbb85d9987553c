package dev.retrograde.lab.suite;

import dev.retrograde.data.Symbols;
import dev.retrograde.lab.record.Json;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.target.Target;
import dev.retrograde.train.Evaluation;
import dev.retrograde.train.Material;
import dev.retrograde.train.TextSampler;
import dev.retrograde.train.Training;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Recurrent networks over the characters of a text: seconds of so many steps, what they end at,
/// and what they write. Nothing has to be met: the figures to be met are of another, smaller
/// alphabet.
record TextRows(Target target, Target.Options options, KeptResults kept, Suite.Listener listener) {
  private static final String PART = "text";
  private static final int BATCH = 20;
  private static final int WRITTEN = 200;

  /// Steps whose losses are averaged for the last one: single batches scatter.
  private static final int LAST = 100;

  void run(String model, Material.Text text, int steps) {
    String key =
        "%s %s, %s, %d threads, %d steps of %d, %016x"
            .formatted(
                PART,
                model,
                target.name(),
                options.threads(),
                steps,
                text.length(),
                text.fingerprint());
    JsonNode r = kept.of(key, () -> train(model, text, steps));
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("task", PART);
    fields.put("model", model);
    fields.put("target", target.name());
    fields.put("threads", options.threads());
    fields.put("batch", BATCH);
    fields.put("length", text.length());
    fields.put("symbols", text.symbols());
    fields.put("optimizer", Optimizers.adagrad(0.1).spec());
    fields.put("steps", steps);
    fields.put("metric", "seconds of all steps, compiling left out");
    fields.put("value", r.get("seconds").asDouble());
    fields.put("final_loss", r.get("final_loss").asDouble());
    fields.put("test_loss", r.get("test_loss").asDouble());
    fields.put("test_accuracy", r.get("test_accuracy").asDouble());
    fields.put("sample", r.get("sample"));
    listener.row(new SuiteRow(fields, true));
  }

  private ObjectNode train(String model, Material.Text text, int steps) {
    try (Training run =
        Training.of(model)
            .data(text)
            .batch(BATCH)
            .update(Optimizers.adagrad(0.1), Schedule.constant())
            .target(target, options)
            .validate(false)
            .start()) {
      run.stepExecutable();
      long start = System.nanoTime();
      run.steps(steps);
      ObjectNode out = Json.object();
      Json.put(out, "seconds", (System.nanoTime() - start) * 1e-9);
      double sum = 0;
      int last = Math.min(LAST, steps);
      for (int i = steps - last; i < steps; i++) {
        sum += run.losses().get(i);
      }
      Json.put(out, "final_loss", sum / last);
      Evaluation e = run.evaluate();
      Json.put(out, "test_loss", e.loss());
      Json.put(out, "test_accuracy", e.accuracy());
      out.put("sample", sample(run, text));
      return out;
    }
  }

  private static String sample(Training run, Material.Text text) {
    Symbols symbols = text.set().symbols();
    try (TextSampler sampler = run.sampler()) {
      return symbols.decode(sampler.write(symbols.encode("\n"), WRITTEN, 0.8, 1));
    }
  }
}
