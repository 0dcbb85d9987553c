package dev.retrograde.cli;

import dev.retrograde.lab.backward.BackwardRun;
import dev.retrograde.lab.backward.BackwardSpec;
import dev.retrograde.lab.compare.ComparisonResult;
import dev.retrograde.lab.compare.Contestant;
import dev.retrograde.lab.compare.RunResult;
import dev.retrograde.lab.record.Envelope;
import dev.retrograde.lab.record.Json;
import dev.retrograde.lab.report.Unit;
import dev.retrograde.train.EpochResult;
import dev.retrograde.train.Material;
import dev.retrograde.train.TextSampler;
import dev.retrograde.train.Training;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Trains a model and leaves it in a folder.
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false,
    description = {"Trains a model and leaves it in a folder.", ""},
    footerHeading = "%nExamples:%n",
    footer = {
      "  retrograde train",
      "  retrograde train --model lenet --data mnist --epochs 5 --out runs/lenet",
      "  retrograde train --model resnet20 --data cifar10 --batch 100 --epochs 10 --lr 0.1"
          + " --schedule cosine",
      "  retrograde train --model char-lstm --data text --batch 20 --epochs 1",
      "  retrograde train --model tree-lstm --data sst --optimizer adagrad --lr 0.05 --epochs 3",
      "  retrograde train --model MyNet.java --data path/to/images --backward recompute:2"
    })
final class TrainCommand implements Callable<Integer> {
  private static final int EPOCHS = 5;

  /// Symbols of a sample of text, those that it begins after, and how freely it is drawn.
  private static final int SAMPLE = 300;

  private static final int PROMPT = 20;
  private static final double TEMPERATURE = 0.8;

  /// Between looks at the keyboard and the clock.
  private static final int BLOCK = 10;

  /// Put in by picocli.
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--backward",
      paramLabel = "RUN",
      defaultValue = "store",
      description = "How to go backward, such as recompute:2. Default: store.")
  String backward = "store";

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where the model goes. Default: runs/<time>-<model>.")
  @Nullable Path folder;

  @Mixin TaskOptions options = new TaskOptions();
  @Mixin RecordOptions records = new RecordOptions();

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Screen screen = Screen.of(spec.commandLine().getErr());
    BackwardSpec parsed = BackwardSpec.parse(backward);
    TaskOptions.Resolved task = options.resolve(EPOCHS);
    if (parsed.runs().size() != 1 || task.seeds().size() != 1) {
      throw new IllegalArgumentException(
          "train does one run of one seed; 'retrograde compare' puts several side by side");
    }
    parsed.check(task.task().layers());
    BackwardRun run = parsed.runs().getFirst();
    run.refusal()
        .ifPresent(why -> {
          throw new IllegalArgumentException("--backward " + run + ": " + why);
        });
    Map<String, Object> settings = new LinkedHashMap<>(task.settings());
    settings.put("backward", run.toString());
    Headline.print(out, task);
    try (Interruption interruption = new Interruption();
        Contestant contestant =
            new Contestant(
                task.task(), run, task.seeds().getFirst(), task.target(), task.options())) {
      Envelope envelope = Envelope.now("train", settings);
      train(contestant, task.task().steps(), screen, interruption, out);
      RunResult result = contestant.result();
      if (contestant.failure().isPresent()) {
        throw contestant.failure().get();
      }
      ComparisonResult record =
          new ComparisonResult(
              envelope,
              List.of(
                  new ComparisonResult.Hashes(
                      contestant.seed(), contestant.weights(), contestant.batches())),
              task.task().testSize(),
              List.of(result));
      save(contestant, record, task.task().name(), out);
      records.write(
          "Training: %s on %s".formatted(task.task().name(), task.task().data().name()),
          record,
          out);
      out.flush();
      return interruption.requested() ? ExitCode.INTERRUPTED : ExitCode.DONE;
    }
  }

  private static void train(
      Contestant run, long total, Screen screen, Interruption interruption, PrintWriter out) {
    int shown = 0;
    while (run.going()) {
      if (interruption.requested()) {
        screen.milestone("interrupted at step " + run.steps());
        run.stop("interrupted at step " + run.steps());
        break;
      }
      run.advance(BLOCK);
      List<EpochResult> epochs = run.epochs();
      while (shown < epochs.size()) {
        screen.clear();
        out.println(line(epochs.get(shown++)));
        out.flush();
      }
      if (run.going()) {
        screen.progress(
            String.format(Locale.ROOT, "epoch %d, loss %.4f", epochs.size() + 1, run.loss()),
            run.steps(),
            total);
      }
    }
    screen.clear();
  }

  private static String line(EpochResult e) {
    return String.format(
        Locale.ROOT,
        "epoch %-3d  train loss %.4f, accuracy %s   test accuracy %s   %s",
        e.epoch(),
        e.trainLoss(),
        Headline.percent(e.trainAccuracy()),
        Headline.percent(e.test() == null ? Double.NaN : e.test().accuracy()),
        Unit.SECONDS.text(e.seconds()));
  }

  private void save(Contestant run, ComparisonResult record, String model, PrintWriter out)
      throws IOException {
    if (run.training().isEmpty()) {
      return;
    }
    Path target = folder == null ? place(model) : folder;
    run.training().get().save(target);
    Json.write(target.resolve("record.json"), record.json());
    RunResult result = record.runs().getFirst();
    out.println();
    out.printf(
        Locale.ROOT,
        "test accuracy %s, %s a step, peak memory %s%n",
        Headline.percent(result.course().accuracy()),
        Unit.SECONDS.text(result.course().secondsPerStep()),
        result.cost().map(c -> Unit.BYTES.text(c.memory().peakBytes())).orElse("-"));
    sample(run.training().get(), out);
    out.println("model   " + target);
  }

  /// What a model of text writes by itself, after the beginning of the part it is judged by.
  private static void sample(Training run, PrintWriter out) {
    if (!(run.material() instanceof Material.Text text)) {
      return;
    }
    int[] prompt = Arrays.copyOf(text.set().test().codes(), Math.min(text.length(), PROMPT));
    try (TextSampler sampler = run.sampler()) {
      int[] written = sampler.write(prompt, SAMPLE, TEMPERATURE, 1);
      out.println();
      out.println("a sample, after \"" + text.set().symbols().decode(prompt).strip() + "\":");
      text.set().symbols().decode(written).lines().forEach(l -> out.println("  " + l));
      out.println();
    }
  }

  private static Path place(String model) {
    String time = LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
    String name = String.valueOf(Path.of(model).getFileName()).replaceAll("[^A-Za-z0-9_.-]", "-");
    return Path.of("runs", time + "-" + name);
  }
}
