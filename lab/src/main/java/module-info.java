/// Tasks, comparisons, the run store and reports.
///
/// Puts several runs of one task side by side. The words and exit codes of the command line do not
/// belong here. Start at [dev.retrograde.lab.compare.Comparison].
module dev.retrograde.lab {
  requires transitive dev.retrograde.data;
  requires transitive dev.retrograde.engine;
  requires transitive dev.retrograde.nn;
  requires transitive dev.retrograde.train;
  requires transitive tools.jackson.databind;
  requires java.compiler;
  requires static org.jspecify;

  exports dev.retrograde.lab.backward;
  exports dev.retrograde.lab.compare;
  exports dev.retrograde.lab.record;
  exports dev.retrograde.lab.report;
  exports dev.retrograde.lab.suite;
  exports dev.retrograde.lab.task;

  uses dev.retrograde.lab.suite.Suite;
  uses dev.retrograde.target.Target;

  provides dev.retrograde.lab.suite.Suite with
      dev.retrograde.lab.suite.AcceptControl,
      dev.retrograde.lab.suite.AcceptCore,
      dev.retrograde.lab.suite.AcceptMemory,
      dev.retrograde.lab.suite.MemorySuite,
      dev.retrograde.lab.suite.StartSuite;
}
