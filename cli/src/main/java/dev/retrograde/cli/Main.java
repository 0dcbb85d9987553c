package dev.retrograde.cli;

import java.io.PrintWriter;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/// The `retrograde` command.
@Command(
    name = "retrograde",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    description = "Trains neural networks, with the backward pass as a choice.",
    subcommands = {
      TrainCommand.class,
      CompareCommand.class,
      ExplainCommand.class,
      BenchCommand.class,
      DoctorCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:done",
      " 1:a figure that had to be met was missed",
      " 2:wrong use",
      " 3:data missing or damaged",
      " 4:a memory limit cannot be met",
      " 5:a value was not finite",
      "70:a fault of this program",
      "130:interrupted, state saved"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  retrograde compare",
      "      store and recompute side by side, on digits made up here: about a minute",
      "  retrograde train --model lenet --data mnist --epochs 5",
      "  retrograde explain --model lenet --batch 64",
      "  retrograde COMMAND --help"
    })
public final class Main implements Runnable {
  /// Put in by picocli.
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show where in the program an error came from.")
  boolean debug;

  /// Made by [#commandLine].
  Main() {}

  /// Runs a command and ends the process with its exit code.
  public static void main(String[] arguments) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    Logger library = quietLibrary();
    int code = run(out, err, arguments);
    Reference.reachabilityFence(library);
    System.exit(code);
  }

  /// What the library logs below warnings, the commands say in their own words. Holds as long as
  /// the logger is reachable.
  static Logger quietLibrary() {
    Logger library = Logger.getLogger("dev.retrograde");
    library.setLevel(Level.WARNING);
    return library;
  }

  /// Runs a command in this process.
  ///
  /// @param out for results
  /// @param err for progress and errors
  /// @return the exit code
  public static int run(PrintWriter out, PrintWriter err, String... arguments) {
    int code = commandLine(out, err).execute(arguments);
    out.flush();
    err.flush();
    return code;
  }

  static CommandLine commandLine(PrintWriter out, PrintWriter err) {
    Main main = new Main();
    CommandLine line = new CommandLine(main);
    line.setOut(out);
    line.setErr(err);
    line.setUsageHelpAutoWidth(true);
    line.setOverwrittenOptionsAllowed(true);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(Failures::wrongUse);
    line.setExecutionExceptionHandler((e, command, parsed) -> Failures.of(e, command, main.debug));
    return line;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a command");
  }
}
