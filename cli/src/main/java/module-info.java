/// The `retrograde` command: arguments, help, exit codes, output on a terminal.
///
/// Nothing that a program could want to call belongs here; that is the lab's. Start at
/// [dev.retrograde.cli.Main].
module dev.retrograde.cli {
  requires dev.retrograde.lab;
  requires info.picocli;
  requires java.compiler;
  requires java.logging;
  requires static org.jspecify;

  exports dev.retrograde.cli;

  opens dev.retrograde.cli to
      info.picocli;
}
