package dev.retrograde.cli;

import dev.retrograde.data.read.DataHome;
import dev.retrograde.lab.record.Machine;
import dev.retrograde.lab.record.Version;
import dev.retrograde.lab.report.Unit;
import dev.retrograde.lab.task.DataSource;
import dev.retrograde.lab.task.Targets;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import javax.tools.ToolProvider;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// Says what this machine offers and what will be used.
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description =
        "Says what this machine offers, which target is chosen and why, and which data is found.",
    footerHeading = "%nExamples:%n",
    footer = "  retrograde doctor")
final class DoctorCommand implements Callable<Integer> {
  /// Put in by picocli.
  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Machine machine = Machine.here();
    line(out, "retrograde", Version.text());
    line(out, "java", machine.java());
    line(
        out,
        "compiler",
        ToolProvider.getSystemJavaCompiler() == null
            ? "none: --model FILE.java needs a JDK"
            : "there: --model FILE.java works");
    line(out, "system", machine.system());
    line(out, "processor", machine.cpu());
    line(out, "can do", machine.flags().isEmpty() ? "-" : String.join(" ", machine.flags()));
    line(out, "threads", String.valueOf(machine.threads()));
    long limit = machine.memory().bytes();
    line(
        out,
        "memory",
        limit < 0
            ? "unknown"
            : Unit.BYTES.text(limit) + ", limited by the " + machine.memory().source());
    line(out, "java heap", "at most " + Unit.BYTES.text(Runtime.getRuntime().maxMemory()));
    out.println();
    Targets targets = Targets.find();
    for (Targets.Candidate c : targets.all()) {
      line(out, "target", "%-7s %s".formatted(c.name(), c.usable() ? "works" : c.problem()));
    }
    Targets.Chosen chosen = targets.choose("auto");
    line(
        out,
        "chosen",
        chosen.target().name() + (chosen.why().isEmpty() ? ", the fastest" : "; " + chosen.why()));
    out.println();
    line(
        out,
        "data home",
        DataHome.find()
            .map(Path::toString)
            .orElse("none; set RETROGRADE_DATA to a folder of data sets"));
    line(out, "data", "%-7s generated, always there".formatted("digits"));
    for (String name : DataSource.NAMES) {
      line(
          out,
          "data",
          "%-7s %s".formatted(name, DataHome.find(name).map(Path::toString).orElse("not found")));
    }
    return ExitCode.DONE;
  }

  private static void line(PrintWriter out, String what, String text) {
    out.println("%-11s %s".formatted(what, text));
  }
}
