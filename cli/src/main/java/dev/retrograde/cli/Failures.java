package dev.retrograde.cli;

import dev.retrograde.choice.BudgetException;
import dev.retrograde.data.DataException;
import dev.retrograde.runtime.MemoryLimitException;
import dev.retrograde.train.ModelException;
import dev.retrograde.train.NonFiniteException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Turns what was thrown into a message and an exit code.
final class Failures {
  private Failures() {}

  /// A command line that could not be read.
  static int wrongUse(ParameterException e, String[] arguments) {
    CommandLine line = e.getCommandLine();
    PrintWriter err = line.getErr();
    err.println("retrograde: " + e.getMessage());
    if (arguments.length == 0) {
      line.usage(err);
      return ExitCode.WRONG_USE;
    }
    if (!UnmatchedArgumentException.printSuggestions(e, err)) {
      err.println("Help: " + line.getCommandSpec().qualifiedName() + " --help");
    }
    return ExitCode.WRONG_USE;
  }

  /// What a command threw.
  static int of(Exception e, CommandLine line, boolean debug) {
    PrintWriter err = line.getErr();
    int code = code(e);
    if (debug) {
      e.printStackTrace(err);
      return code;
    }
    err.println("retrograde: " + message(e));
    if (code == ExitCode.FAULT) {
      err.println("This is a fault of the program; --debug shows where it happened.");
    }
    return code;
  }

  private static int code(Exception e) {
    return switch (e) {
      case ParameterException _ -> ExitCode.WRONG_USE;
      case NonFiniteException _ -> ExitCode.NOT_FINITE;
      case DataException _, ModelException _ -> ExitCode.DATA;
      case FileSystemException _ -> ExitCode.DATA;
      case UncheckedIOException u when u.getCause() instanceof FileSystemException -> ExitCode.DATA;
      case MemoryLimitException _, BudgetException _ -> ExitCode.MEMORY;
      case IllegalArgumentException _ -> ExitCode.WRONG_USE;
      default -> ExitCode.FAULT;
    };
  }

  private static String message(Exception e) {
    if (e instanceof FileSystemException f) {
      return f.getFile()
          + ": "
          + (f.getReason() == null ? f.getClass().getSimpleName() : f.getReason());
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
