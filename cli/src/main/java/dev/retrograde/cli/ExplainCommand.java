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
import dev.retrograde.runtime.Listing;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.MemoryReport.Entry;
import dev.retrograde.target.Target;
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
      "  retrograde explain --model resnet18 --data cifar10 --limit 200 --batch 128 --backward exact"
          + " --memory",
      "  retrograde explain --model mlp:32 --show program",
      "  retrograde explain --choices"
    })
final class ExplainCommand implements Callable<Integer> {
  /// Parts of the answer.
  enum Part {
    LAYERS,
    KERNELS,
    MEMORY,
    PROGRAM,
    PASSES,
    CODE
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
      description =
          "layers, kernels, memory, program, passes (the program after each), code (each kernel as"
              + " loops and as the target printed it). Default: the first three.")
  @Nullable List<Part> show;

  @Option(names = "--asm", description = "With the kernels' code as the target printed it.")
  boolean asm;

  @Option(
      names = "--without",
      paramLabel = "PASS",
      split = ",",
      description = "Passes to switch off: sink, simplify, fuse, epilogue.")
  @Nullable Set<String> without;

  @Option(
      names = "--memory",
      description =
          "Where memory goes: the peak by tag, what was foretold, every residual with its policy"
              + " and why, and under a budget the mixtures that it chose from.")
  boolean memory;

  @Option(names = "--all", description = "With --memory: residuals below 1 KiB too.")
  boolean all;

  @Option(
      names = "--choices",
      description =
          "The table of pairs: which saving policy does what to which layer, and beside"
              + " which other. Needs no model.")
  boolean choices;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the memory table as JSON.")
  @Nullable Path json;

  @Mixin TaskOptions options = new TaskOptions();

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    if (choices) {
      ChoicesText.print(out);
      return ExitCode.DONE;
    }
    BackwardSpec parsed = BackwardSpec.parse(backward);
    if (parsed.runs().size() != 1) {
      throw new IllegalArgumentException("--backward: explain shows one run at a time");
    }
    BackwardRun run = parsed.runs().getFirst();
    TaskOptions.Resolved task = options.resolve(1);
    parsed.check(task.task().layers());
    Target.Options passes =
        new Target.Options(task.options().threads(), without == null ? Set.of() : without);
    Explanation about = Explanation.of(task.task(), run, task.target(), passes);
    Headline.print(out, task);
    if (about.listing().isEmpty()) {
      out.println(
          "target %s does not compile: it has no passes and no kernels to show"
              .formatted(task.target().name()));
      out.println();
    }
    if (memory) {
      new MemoryText(about, all).print(out);
      out.println();
    }
    Set<Part> parts = parts();
    for (Part part : parts) {
      switch (part) {
        case LAYERS -> layers(out, task, about);
        case KERNELS -> kernels(out, about);
        case MEMORY -> tensors(out, about.memory());
        case PROGRAM -> program(out, about.step());
        case PASSES -> passes(out, about);
        case CODE -> code(out, about, asm);
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

  private Set<Part> parts() {
    Set<Part> parts = EnumSet.noneOf(Part.class);
    if (show != null) {
      parts.addAll(show);
    } else if (!memory) {
      parts.addAll(List.of(Part.LAYERS, Part.KERNELS, Part.MEMORY));
    }
    if (asm) {
      parts.add(Part.CODE);
    }
    return parts;
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
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("#", "kernel", "phase", "code", "multiply-adds", "buffers"));
    about
        .listing()
        .ifPresent(all -> {
          for (Listing.Launch l : all.launches()) {
            table.add(
                List.of(
                    String.valueOf(table.size() - 1),
                    l.name(),
                    l.phase(),
                    l.kernel() >= 0
                        ? "k" + l.kernel()
                        : l.kernel() == Listing.Launch.HEAP ? "heap" : "-",
                    l.macs() == 0 ? "" : String.format(Locale.ROOT, "%,d", l.macs()),
                    String.join(" ", l.buffers())));
          }
          out.println();
          out.print(Screen.table(table));
        });
  }

  private static void passes(PrintWriter out, Explanation about) {
    about
        .listing()
        .ifPresent(all ->
            all.stages()
                .forEach(s -> {
                  out.println("-- after " + s.pass());
                  out.print(s.program());
                }));
  }

  private static void code(PrintWriter out, Explanation about, boolean asm) {
    about
        .listing()
        .ifPresent(all -> {
          for (int k = 0; k < all.kernels().size(); k++) {
            out.println("-- kernel k" + k);
            out.print(all.kernels().get(k).loops());
            if (asm) {
              out.print(all.kernels().get(k).code());
            }
          }
        });
  }

  private static void tensors(PrintWriter out, MemoryReport m) {
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
    MemoryText.peak(out, m);
  }

  private static void program(PrintWriter out, Program step) {
    out.print(Printer.print(step));
  }
}
