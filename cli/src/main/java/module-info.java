/// The `retrograde` command: arguments, help, exit codes, output on a terminal.
///
/// Nothing that a program could want to call belongs here; that is the lab's.
module dev.retrograde.cli {
  requires dev.retrograde.lab;
  requires info.picocli;
  requires static org.jspecify;
}
