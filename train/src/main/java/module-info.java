/// Plans, the trainer, metrics, progress and saved models.
///
/// Turns layers, a loss, an optimiser, data and a choice of backward pass into a run. Comparing
/// runs is the lab's work, and what a terminal shows is the command line's. Start reading at
/// [dev.retrograde.train.Training].
module dev.retrograde.train {
  requires transitive dev.retrograde.engine;
  requires transitive dev.retrograde.nn;
  requires transitive dev.retrograde.data;
  requires dev.retrograde.io;
  requires tools.jackson.databind;
  requires static org.jspecify;

  exports dev.retrograde.train;
}
