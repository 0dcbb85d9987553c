/// How two things are timed side by side on a machine that others use too.
///
/// Knows neither networks nor peers, and needs no native code but what our own assembler prints:
/// whatever is a [dev.retrograde.bench.timing.Side] can be measured. Start reading at
/// [dev.retrograde.bench.timing.PairedTiming].
@NullMarked
package dev.retrograde.bench.timing;

import org.jspecify.annotations.NullMarked;
