/// Layers, losses, initialisers, optimisers, schedules and ready-made networks: functions that
/// trace.
///
/// Nothing here knows how a program is compiled, where its data comes from or how a run proceeds.
/// Start reading at [dev.retrograde.nn.Layer], then [dev.retrograde.nn.Layers].
module dev.retrograde.nn {
  requires transitive dev.retrograde.engine;
  requires static org.jspecify;

  exports dev.retrograde.nn;
  exports dev.retrograde.nn.recurrent;
  exports dev.retrograde.nn.update;
  exports dev.retrograde.nn.zoo;
}
