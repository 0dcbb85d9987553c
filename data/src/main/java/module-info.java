/// Data sets as they lie in files or come from a generator, and the way of their samples into the
/// batches of a training run.
///
/// Needs `java.base` and nothing else. Nothing here knows the engine: a batch is off-heap memory
/// with a shape, which any reader of segments can use. Start at
/// [dev.retrograde.data.read.DataSets], [dev.retrograde.data.read.TextFile] and
/// [dev.retrograde.data.read.TreeBanks] for files, at
/// [dev.retrograde.data.generate.GeneratedDigits] for data out of nothing, and at
/// [dev.retrograde.data.load.Loader] for batches.
module dev.retrograde.data {
  requires static org.jspecify;

  exports dev.retrograde.data;
  exports dev.retrograde.data.read;
  exports dev.retrograde.data.generate;
  exports dev.retrograde.data.load;
}
