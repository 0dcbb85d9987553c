/// Our own engine as one side of the suites: training steps as a user's run makes them, and single
/// kernels.
///
/// Knows the tasks and the engine, no peer. Start reading at
/// [dev.retrograde.bench.engine.EngineContender].
@NullMarked
package dev.retrograde.bench.engine;

import org.jspecify.annotations.NullMarked;
