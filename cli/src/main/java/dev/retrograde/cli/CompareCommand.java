package dev.retrograde.cli;

import dev.retrograde.lab.backward.BackwardSpec;
import dev.retrograde.lab.compare.Comparison;
import dev.retrograde.lab.compare.ComparisonResult;
import dev.retrograde.lab.compare.Contestant;
import dev.retrograde.lab.compare.RunResult;
import dev.retrograde.lab.record.Envelope;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Trains one model under several backward passes and puts them side by side.
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false,
    description = {
      "Trains the same model from the same weights on the same batches under several backward"
          + " passes, in turn, and puts them side by side.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  retrograde compare",
      "  retrograde compare --model resnet20 --data cifar10 --limit 5000 --epochs 2",
      "  retrograde compare --backward store,recompute:2,recompute:4 --seed 1,2,3",
      "  retrograde compare --json runs/compare.json --report runs/compare.html"
    })
final class CompareCommand implements Callable<Integer> {
  private static final int EPOCHS = 2;

  /// Put in by picocli.
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--backward",
      paramLabel = "RUN[,RUN...]",
      defaultValue = "store,exact,recompute:1,quantized:8",
      description = {
        "One row each, such as store,recompute:4. store is added where it is absent.",
        "Default: store,exact,recompute:1,quantized:8."
      })
  String backward = "store,exact,recompute:1,quantized:8";

  @Mixin TaskOptions options = new TaskOptions();
  @Mixin RecordOptions records = new RecordOptions();

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Screen screen = Screen.of(spec.commandLine().getErr());
    BackwardSpec rows = BackwardSpec.parse(backward);
    TaskOptions.Resolved task = options.resolve(EPOCHS, "resnet:8");
    Comparison comparison =
        new Comparison(task.task(), rows, task.seeds(), task.target(), task.options());
    Map<String, Object> settings = new LinkedHashMap<>(task.settings());
    settings.put("backward", comparison.spec().toString());
    Headline.print(out, task);
    try (Interruption interruption = new Interruption()) {
      ComparisonResult result =
          comparison.run(Envelope.now("compare", settings), new Watcher(screen, interruption));
      screen.clear();
      Tables.print(out, result);
      records.write(
          "Comparison: %s on %s".formatted(task.task().name(), task.task().data().name()),
          result,
          out);
      out.flush();
      return interruption.requested() ? ExitCode.INTERRUPTED : code(result);
    }
  }

  /// The baseline must have come to its end; that other rows are refused or fail is a result.
  private static int code(ComparisonResult result) {
    for (RunResult run : result.rows().getFirst().runs()) {
      if (!run.ok()) {
        if (run.status() == RunResult.Status.REFUSED) {
          return ExitCode.MEMORY;
        }
        return run.reason().startsWith("not finite") ? ExitCode.NOT_FINITE : ExitCode.FAULT;
      }
    }
    return ExitCode.DONE;
  }

  private record Watcher(Screen screen, Interruption interruption) implements Comparison.Listener {
    @Override
    public void onBlock(Contestant run, long done, long total) {
      screen.progress("%s, seed %d".formatted(run.backward(), run.seed()), done, total);
      if (!run.going()) {
        RunResult result = run.result();
        screen.milestone(
            result.ok()
                ? "%s, seed %d: done, accuracy %s"
                    .formatted(
                        run.backward(), run.seed(), Headline.percent(result.course().accuracy()))
                : "%s, seed %d: %s".formatted(run.backward(), run.seed(), result.reason()));
      }
    }

    @Override
    public boolean cancelled() {
      return interruption.requested();
    }
  }
}
