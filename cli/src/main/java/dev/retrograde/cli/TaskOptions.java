package dev.retrograde.cli;

import dev.retrograde.lab.task.DataSource;
import dev.retrograde.lab.task.ModelSource;
import dev.retrograde.lab.task.PerfMapped;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.lab.task.Task;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.target.Target;
import dev.retrograde.train.Material;
import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options that say what is trained, on what, how, and by which target.
final class TaskOptions {
  /// What runs where nothing is said and no target is fast.
  private static final String SMALL_MODEL = "mlp:32";

  private static final int SMALL_LIMIT = 640;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = {
        "mlp[:SIZE,...], lenet, resnet18, resnet20, resnet32, resnet50, resnet110, resnet164,"
            + " resnet:DEPTH, revnet38, revnet110, revnet164 (each with :exact); char-rnn,"
            + " char-lstm (for text), tree-lstm (for sst); a FILE.java; or a class, with --classpath.",
        "Default: lenet; compare takes resnet:8 where machine code runs."
      })
  @Nullable String model;

  @Option(
      names = "--classpath",
      paramLabel = "JAR",
      description =
          "Where the class of --model is: jars and folders, separated as in a class path.")
  @Nullable String classPath;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      defaultValue = "digits",
      description = {
        "digits (generated here), mnist, cifar10, text, sst (in RETROGRADE_DATA or ../shared/data), or a"
            + " path with idx or CIFAR-10 files, or of a .txt file.",
        "Default: digits."
      })
  String data = "digits";

  @Option(
      names = "--length",
      paramLabel = "N",
      defaultValue = "20",
      description = "Symbols of a piece of text, for --data text. Default: 20.")
  int length = 20;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "The first N training samples, and at most N test samples.")
  @Nullable Integer limit;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the training part. Default: 5.")
  @Nullable Integer epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Samples a step. Default: 64; 20 for text, 1 for trees.")
  @Nullable Integer batch;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME[:ARGS]",
      defaultValue = "adam",
      description = {
        "sgd, adam, adamw or adagrad, with arguments such as sgd:momentum=0.9:nesterov:decay=2e-4.",
        "Default: adam."
      })
  String optimizer = "adam";

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description =
          "Learning rate, unless --optimizer gives it. Default: 0.05 for sgd, 0.002 for the"
              + " others.")
  @Nullable Double rate;

  @Option(
      names = "--schedule",
      paramLabel = "NAME[:ARGS]",
      defaultValue = "cosine",
      description =
          "constant, cosine[:FLOOR], step:GAMMA:AT[:AT...], warmup:STEPS+SCHEDULE. Default:"
              + " cosine.")
  String schedule = "cosine";

  @Option(
      names = "--augment",
      paramLabel = "STEPS",
      defaultValue = "auto",
      description =
          "none, auto (pad, crop and flip colour images), or steps such as pad-and-crop:4+flip."
              + " Default: auto.")
  String augment = "auto";

  @Option(
      names = "--seed",
      paramLabel = "N",
      split = ",",
      defaultValue = "1",
      description = "Decides all that is drawn; several for compare. Default: 1.")
  List<Long> seeds = List.of(1L);

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that a step may use; results do not depend on it. Default: all.")
  @Nullable Integer threads;

  @Option(
      names = "--target",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "auto (the fastest that works here), x64, jvm or interp. Default: auto.")
  String target = "auto";

  @Option(
      names = "--perf-map",
      description =
          "Write addresses and names of kernels to /tmp/perf-PID.map, for Linux's perf; x64 only.")
  boolean perfMap;

  /// What the options ask for.
  ///
  /// @param targetWhy why it is not a faster target; empty if there is none
  /// @param notes what was decided for the user
  record Resolved(
      Task task,
      List<Long> seeds,
      Target target,
      String targetWhy,
      List<String> notes,
      Target.Options options) {

    Map<String, Object> settings() {
      Map<String, Object> all = new LinkedHashMap<>(task.settings());
      all.put("seed", seeds);
      all.put("threads", options.threads());
      all.put("target", target.name());
      return all;
    }
  }

  /// Opens data, model and target.
  ///
  /// @param defaultEpochs where none is given
  Resolved resolve(int defaultEpochs) {
    return resolve(defaultEpochs, "lenet");
  }

  /// The same with a model of the command's own where none is given and machine code runs it.
  Resolved resolve(int defaultEpochs, String defaultModel) {
    Targets.Chosen chosen = Targets.find().choose(target);
    boolean small = model == null && limit == null && chosen.target().name().equals("interp");
    OptionalInt most = small ? OptionalInt.of(SMALL_LIMIT) : limit();
    Material set = DataSource.material(data, most, positive("--length", length));
    String name =
        model != null
            ? model
            : small ? SMALL_MODEL : chosen.target().name().equals("x64") ? defaultModel : "lenet";
    List<String> notes =
        small
            ? List.of(
                "the interpreter is slow, so this is %s on %d samples; name --model for another"
                    .formatted(SMALL_MODEL, SMALL_LIMIT))
            : List.of();
    Task task =
        new Task(
            name,
            ModelSource.open(name, classPath(), set.classes(), set.symbols()),
            set,
            positive("--batch", batch == null ? set.usualBatch() : batch),
            positive("--epochs", epochs == null ? defaultEpochs : epochs),
            Optimizers.parse(optimizer, rate()),
            Schedule.parse(schedule),
            DataSource.augmentations(augment, set));
    Target used = perfMap ? PerfMapped.of(chosen.target()) : chosen.target();
    return new Resolved(task, seeds, used, chosen.why(), notes, Target.Options.threads(threads()));
  }

  int threads() {
    return threads == null
        ? Runtime.getRuntime().availableProcessors()
        : positive("--threads", threads);
  }

  private double rate() {
    if (rate == null) {
      return optimizer.startsWith("sgd") ? 0.05 : 0.002;
    }
    if (!(rate > 0) || rate.isInfinite()) {
      throw new IllegalArgumentException("--lr: expected a number above 0, found " + rate);
    }
    return rate;
  }

  private OptionalInt limit() {
    return limit == null ? OptionalInt.empty() : OptionalInt.of(positive("--limit", limit));
  }

  private List<Path> classPath() {
    return classPath == null
        ? List.of()
        : Arrays.stream(classPath.split(File.pathSeparator)).map(Path::of).toList();
  }

  private static int positive(String option, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(
          option + ": expected a number of at least 1, found " + value);
    }
    return value;
  }
}
