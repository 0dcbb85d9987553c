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
import dev.retrograde.lab.backward.BackwardRun;
import dev.retrograde.lab.backward.BackwardSpec;
import dev.retrograde.lab.compare.Contestant;
import dev.retrograde.lab.compare.RunResult;
import dev.retrograde.lab.compare.Spread;
import dev.retrograde.lab.suite.FinishedRuns.Run;
import dev.retrograde.lab.task.DataSource;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.lab.task.Task;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.update.Schedule;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.target.Target;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.LongStream;

/// Whether training under policies that lose something ends at the same accuracy: differences to
/// `store` paired by seed, with their 95 % interval. ResNet-20 on 20,000 images of CIFAR-10, and a
/// small residual network on optical digits.
///
/// `exact` must give the losses of `store` over the first 200 steps, bit for bit.
public final class AcceptMemory implements Suite {
  private static final int EXACT_STEPS = 200;
  private static final int IMAGES = 20_000;
  private static final BackwardRun EXACT = run("exact");

  /// A lossy policy and its bars in percentage points: the interval must reach above them.
  private record Bar(BackwardRun backward, double must, double aim) {}

  private static List<Bar> bars() {
    return List.of(new Bar(run("quantized:8"), -0.3, -0.2), new Bar(run("pooled:2"), -0.7, -0.5));
  }

  @Override
  public String name() {
    return "accept-memory";
  }

  @Override
  public String summary() {
    return "Accuracy under saving policies that lose something, against store.";
  }

  @Override
  public List<String> parts() {
    return List.of("optdigits", "cifar10");
  }

  @Override
  public void run(Settings settings, Listener listener) {
    Target target = Targets.find().choose(settings.target()).target();
    int threads = settings.threads().orElse(Runtime.getRuntime().availableProcessors());
    FinishedRuns runs = new FinishedRuns(settings.kept());
    Bench bench = new Bench(target, Target.Options.threads(threads), runs, listener);
    if (settings.wants("optdigits")) {
      bench.rows("optdigits", digits(), 10);
    }
    if (settings.wants("cifar10")) {
      bench.rows("cifar10", cifar(), 3);
    }
  }

  private static Task digits() {
    DataSet data = optDigits();
    Layer model =
        sequential(
            named("stem", sequential(conv2d(16, 3).noBias(), batchNorm(), relu())),
            named("stage1", Zoo.residualStage(2, 16)),
            named("pool", globalAveragePool()),
            named("fc", dense(data.train().classes())));
    return new Task(
        "small residual network",
        model,
        data,
        64,
        8,
        Optimizers.sgd(0.1).momentum(0.9).weightDecay(5e-4).except("**.bias"),
        Schedule.cosine(),
        List.of());
  }

  private static DataSet optDigits() {
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

  private static Task cifar() {
    DataSet data = DataSource.open("cifar10", OptionalInt.of(IMAGES));
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

  private static BackwardRun run(String text) {
    return BackwardSpec.parse(text).runs().getFirst();
  }

  /// What trains the runs that are not done yet.
  private record Bench(
      Target target, Target.Options options, FinishedRuns runs, Suite.Listener listener) {

    void rows(String part, Task task, int seeds) {
      List<Long> all = LongStream.rangeClosed(1, seeds).boxed().toList();
      listener.row(exact(part, task));
      for (Bar bar : bars()) {
        listener.row(paired(part, task, bar, all));
      }
    }

    private SuiteRow exact(String part, Task task) {
      Run store = done(part, task, BackwardRun.STORE, 1);
      Run exact = done(part, task, EXACT, 1);
      boolean equal = store.firstLosses().equals(exact.firstLosses());
      return figure(part, task, EXACT, EXACT_STEPS + " steps that differ in a bit: 0 no, 1 yes")
          .atMost(equal ? 0 : 1, 0, null, Map.of("accuracy", exact.accuracy()));
    }

    private SuiteRow paired(String part, Task task, Bar bar, List<Long> seeds) {
      Spread difference = difference(part, task, bar, seeds);
      Map<String, Object> more = new LinkedHashMap<>();
      more.put("mean_difference", 100 * difference.mean());
      more.put("interval_low", 100 * (difference.mean() - difference.margin()));
      more.put("seeds", seeds.size());
      more.put("steps", task.steps());
      double high = 100 * (difference.mean() + difference.margin());
      if (high < bar.must()) {
        more.put("steps_needed", longer(part, task, bar, seeds));
      }
      return figure(part, task, bar.backward(), "upper end of the paired difference, points")
          .atLeast(high, bar.must(), bar.aim(), more);
    }

    private Spread difference(String part, Task task, Bar bar, List<Long> seeds) {
      List<Double> differences = new ArrayList<>();
      for (long seed : seeds) {
        Run store = done(part, task, BackwardRun.STORE, seed);
        Run lossy = done(part, task, bar.backward(), seed);
        differences.add(lossy.accuracy() - store.accuracy());
      }
      return Spread.of(differences);
    }

    /// How many steps a policy needs to reach what `store` reaches in fewer, in words.
    private String longer(String part, Task task, Bar bar, List<Long> seeds) {
      for (int epochs : List.of(task.epochs() * 3 / 2, task.epochs() * 2)) {
        Task more = withEpochs(task, epochs);
        List<Double> differences = new ArrayList<>();
        for (long seed : seeds) {
          differences.add(
              done(part, more, bar.backward(), seed).accuracy()
                  - done(part, task, BackwardRun.STORE, seed).accuracy());
        }
        Spread s = Spread.of(differences);
        if (100 * (s.mean() + s.margin()) >= bar.must()) {
          return String.valueOf(more.steps());
        }
      }
      return "more than " + 2 * task.steps();
    }

    private static Task withEpochs(Task t, int epochs) {
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

    private Figure figure(String part, Task task, BackwardRun backward, String metric) {
      return new Figure(
          part, task.name(), backward.toString(), task.batch(), options.threads(), metric);
    }

    private Run done(String part, Task task, BackwardRun backward, long seed) {
      String key = "%s %s seed %d %s".formatted(part, backward, seed, task.settings());
      return runs.find(key)
          .orElseGet(() -> {
            Run run = train(task, backward, seed);
            runs.add(key, run);
            listener.note(
                String.format(
                    Locale.ROOT,
                    "%s %s seed %d: accuracy %.4f after %d steps",
                    part,
                    backward,
                    seed,
                    run.accuracy(),
                    task.steps()));
            return run;
          });
    }

    private Run train(Task task, BackwardRun backward, long seed) {
      try (Contestant run = new Contestant(task, backward, seed, target, options)) {
        while (run.going()) {
          run.advance(EXACT_STEPS);
        }
        RunResult result = run.result();
        if (!result.ok()) {
          throw new IllegalStateException(backward + ", seed " + seed + ": " + result.reason());
        }
        List<Double> losses = result.course().loss();
        String bits = bits(losses.subList(0, Math.min(EXACT_STEPS, losses.size())));
        return new Run(result.course().accuracy(), bits, result.course().secondsPerStep());
      }
    }

    /// A digest of the bits of these numbers.
    private static String bits(List<Double> losses) {
      ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * losses.size());
      losses.forEach(bytes::putDouble);
      try {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes.array());
        return HexFormat.of().formatHex(digest);
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError("every Java has SHA-256", e);
      }
    }
  }
}
