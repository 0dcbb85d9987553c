package dev.retrograde.cli;

import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.lab.backward.BackwardRun;
import dev.retrograde.lab.backward.BackwardSpec;
import dev.retrograde.lab.compare.Explanation;
import dev.retrograde.lab.record.Envelope;
import dev.retrograde.lab.record.Json;
import dev.retrograde.lab.report.Unit;
import dev.retrograde.runtime.Executable.Compiled;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Entry;
import dev.retrograde.runtime.MemoryReport.Tag;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Shows what a training step is made of.
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false,
    description = {
      "Shows what a training step is made of: layers, what each resolved to, kernels, memory, and"
          + " the program itself.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  retrograde explain --model lenet --batch 64",
      "  retrograde explain --model resnet20 --data cifar10 --limit 200 --backward recompute:2"
          + " --show memory",
      "  retrograde explain --model mlp:32 --show program"
    })
final class ExplainCommand implements Callable<Integer> {
  /// Parts of the answer.
  enum Part {
    LAYERS,
    KERNELS,
    MEMORY,
    PROGRAM
  }

  /// Put in by picocli.
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--backward",
      paramLabel = "RUN",
      defaultValue = "store",
      description = "How to go backward. Default: store.")
  String backward = "store";

  @Option(
      names = "--show",
      paramLabel = "PART",
      split = ",",
      description = "layers, kernels, memory, program. Default: all but the program.")
  @Nullable List<Part> show;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the memory table as JSON.")
  @Nullable Path json;

  @Mixin TaskOptions options = new TaskOptions();

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    BackwardSpec parsed = BackwardSpec.parse(backward);
    if (parsed.runs().size() != 1) {
      throw new IllegalArgumentException("--backward: explain shows one run at a time");
    }
    BackwardRun run = parsed.runs().getFirst();
    TaskOptions.Resolved task = options.resolve(1);
    parsed.check(task.task().layers());
    Explanation about = Explanation.of(task.task(), run, task.target(), task.options());
    Headline.print(out, task);
    Set<Part> parts =
        show == null ? EnumSet.of(Part.LAYERS, Part.KERNELS, Part.MEMORY) : EnumSet.copyOf(show);
    for (Part part : parts) {
      switch (part) {
        case LAYERS -> layers(out, task, about);
        case KERNELS -> kernels(out, about);
        case MEMORY -> memory(out, about.memory());
        case PROGRAM -> program(out, about.step());
      }
      out.println();
    }
    if (json != null) {
      Map<String, Object> settings = new LinkedHashMap<>(task.settings());
      settings.put("backward", run.toString());
      Json.write(json, about.json(Envelope.now("explain", settings)));
      out.println("record  " + json);
    }
    out.flush();
    return ExitCode.DONE;
  }

  private static void layers(PrintWriter out, TaskOptions.Resolved task, Explanation about) {
    out.print(task.task().summary().table());
    out.println();
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("layer", "resolved to"));
    about.resolved().forEach((layer, choice) -> table.add(List.of(layer, choice)));
    out.print(Screen.table(table));
  }

  private static void kernels(PrintWriter out, Explanation about) {
    Compiled c = about.compiled();
    out.printf(
        Locale.ROOT,
        "step: %,d nodes, %,d kernels, %,d distinct, %s of code, compiled in %s for %s%n",
        about.step().nodes().size(),
        c.kernels(),
        c.distinct(),
        Unit.BYTES.text(c.codeBytes()),
        Unit.SECONDS.text(c.compileNanos() * 1e-9),
        c.target());
    out.printf(
        Locale.ROOT,
        "multiply-adds: forward %,d, backward %,d, update %,d%n",
        c.macs()[0],
        c.macs()[1],
        c.macs()[2]);
  }

  private static void memory(PrintWriter out, MemoryReport m) {
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("tensor", "tag", "bytes", "born", "dies", "offset"));
    for (Entry e : m.tensors()) {
      table.add(
          List.of(
              e.name(),
              e.tag().name().toLowerCase(Locale.ROOT),
              String.format(Locale.ROOT, "%,d", e.bytes()),
              String.valueOf(e.birth()),
              String.valueOf(e.death()),
              e.offset() < 0 ? "-" : String.format(Locale.ROOT, "%,d", e.offset())));
    }
    out.print(Screen.table(table));
    out.println();
    out.printf(
        Locale.ROOT,
        "peak %,d bytes at step %d of %d: %s%n",
        m.peakBytes(),
        m.peakStep(),
        m.steps(),
        m.peakNode());
    Map<Tag, Long> tags = m.atPeak();
    for (Tag tag : Tag.values()) {
      out.printf(
          Locale.ROOT,
          "  %-10s %,15d%n",
          tag.name().toLowerCase(Locale.ROOT),
          tags.getOrDefault(tag, 0L));
    }
    out.printf(Locale.ROOT, "arena %,d bytes%n", m.arenaBytes());
  }

  private static void program(PrintWriter out, Program step) {
    out.print(Printer.print(step));
  }
}
