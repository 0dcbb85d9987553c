/// Layers, losses, optimisers, schedules and initialisers: functions that trace.
///
/// Nothing here knows how a program is compiled or where its data comes from.
module dev.retrograde.nn {
  requires transitive dev.retrograde.engine;
  requires static org.jspecify;
}
