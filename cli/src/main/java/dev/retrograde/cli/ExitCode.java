package dev.retrograde.cli;

/// What scripts are told. A contract: see the help of `retrograde`.
final class ExitCode {
  static final int DONE = 0;
  static final int MISSED = 1;
  static final int WRONG_USE = 2;
  static final int DATA = 3;
  static final int MEMORY = 4;
  static final int NOT_FINITE = 5;

  /// A fault of ours (as in sysexits.h), so that it is never taken for a missed figure.
  static final int FAULT = 70;

  static final int INTERRUPTED = 130;

  private ExitCode() {}
}
