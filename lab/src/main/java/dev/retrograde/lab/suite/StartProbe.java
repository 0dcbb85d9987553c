package dev.retrograde.lab.suite;

import dev.retrograde.data.DataSet;
import dev.retrograde.data.ImageSet;
import dev.retrograde.data.ImageShape;
import dev.retrograde.data.generate.GeneratedDigits;
import dev.retrograde.lab.record.Json;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.target.Target;
import dev.retrograde.train.Training;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A process that trains a few steps as a program of a user would, and writes when it came how far.
/// Started by [StartSuite].
public final class StartProbe {
  private static final int CLASSES = 10;
  private static final int EDGE = 32;
  private static final int CHANNELS = 3;

  private StartProbe() {}

  /// The words of a process that measures.
  ///
  /// @param now of the clock of the system, in milliseconds
  /// @param answer file that the reading goes to
  static List<String> words(StartCase c, String target, int threads, long now, Path answer) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of(String.valueOf(now), target, String.valueOf(threads), answer.toString()));
    words.addAll(c.words());
    return words;
  }

  /// @param arguments as [#words] made them; several cases run one after another, and only the last
  ///   is written
  public static void main(String[] arguments) throws IOException {
    long entered = System.currentTimeMillis();
    long start = Long.parseLong(arguments[0]);
    int threads = Integer.parseInt(arguments[2]);
    for (int at = 4; at < arguments.length; at += 3) {
      StartCase c = StartCase.of(arguments, at);
      Json.write(Path.of(arguments[3]), measure(c, arguments[1], threads, start, entered));
    }
  }

  private static ObjectNode measure(
      StartCase c, String name, int threads, long start, long entered) {
    Target target = Targets.find().choose(name).target();
    long chosen = System.currentTimeMillis();
    DataSet data = data(c);
    long made = System.currentTimeMillis();
    try (Training run =
        Training.of(c.model())
            .data(data)
            .batch(c.batch())
            .seed(7)
            .validate(false)
            .update(Optimizers.sgd(0.01).momentum(0.9))
            .target(target, Target.Options.threads(threads))
            .start()) {
      long traced = System.currentTimeMillis();
      run.stepExecutable();
      long compiled = System.currentTimeMillis();
      double[] steps = new double[c.steps()];
      steps[0] = step(run);
      long first = System.currentTimeMillis();
      for (int i = 1; i < steps.length; i++) {
        steps[i] = step(run);
      }
      ObjectNode answer = Json.object();
      answer.put("main", (entered - start) * 1e-3);
      answer.put("target", (chosen - start) * 1e-3);
      answer.put("data", (made - start) * 1e-3);
      answer.put("traced", (traced - start) * 1e-3);
      answer.put("compiled", (compiled - start) * 1e-3);
      answer.put("first_step", (first - start) * 1e-3);
      Json.put(answer, "steps", Arrays.stream(run.secondsPerStep().toArray()).boxed().toList());
      Json.put(answer, "with_batches", Arrays.stream(steps).boxed().toList());
      return answer;
    }
  }

  private static double step(Training run) {
    long start = System.nanoTime();
    run.step();
    return (System.nanoTime() - start) * 1e-9;
  }

  /// Digits, for the small models; noise in the form of CIFAR for the residual networks.
  private static DataSet data(StartCase c) {
    int samples = 2 * c.batch();
    if (!c.model().startsWith("resnet")) {
      return GeneratedDigits.of(samples, CLASSES, 1);
    }
    return new DataSet(
        "noise", noise("noise train", samples), noise("noise test", CLASSES), List.of());
  }

  private static ImageSet noise(String name, int samples) {
    ImageShape shape = new ImageShape(EDGE, EDGE, CHANNELS);
    byte[] pixels = new byte[samples * shape.volume()];
    new Random(1).nextBytes(pixels);
    int[] labels = new int[samples];
    List<String> names = new ArrayList<>();
    for (int i = 0; i < samples; i++) {
      labels[i] = i % CLASSES;
    }
    for (int i = 0; i < CLASSES; i++) {
      names.add(String.valueOf(i));
    }
    return ImageSet.of(name, shape, names, pixels, labels);
  }

  /// What a process wrote.
  static StartReading read(JsonNode answer) {
    return new StartReading(
        answer.get("main").asDouble(),
        answer.get("target").asDouble(),
        answer.get("data").asDouble(),
        answer.get("traced").asDouble(),
        answer.get("compiled").asDouble(),
        answer.get("first_step").asDouble(),
        seconds(answer.get("steps")),
        seconds(answer.get("with_batches")));
  }

  private static List<Double> seconds(JsonNode all) {
    List<Double> seconds = new ArrayList<>();
    all.forEach(s -> seconds.add(s.asDouble()));
    return seconds;
  }
}
