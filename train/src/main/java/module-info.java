/// Plans, the trainer, metrics, callbacks and progress.
///
/// Turns layers, a loss, data and a choice of backward pass into a run. Comparing runs is the lab's
/// work.
module dev.retrograde.train {
  requires transitive dev.retrograde.engine;
  requires transitive dev.retrograde.nn;
  requires static org.jspecify;
}
