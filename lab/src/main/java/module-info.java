/// Tasks, comparisons, the run store and reports.
///
/// Puts several runs of one task side by side. The words and exit codes of the command line do not
/// belong here.
module dev.retrograde.lab {
  requires transitive dev.retrograde.train;
  requires static org.jspecify;
}
