/// What a training step takes of the machine's memory, measured in a process of its own for each
/// side, so that neither pays for the other's libraries or for what the bench did before.
///
/// Start reading at [dev.retrograde.bench.memory.MemoryProcess], which is that process; the suite
/// starts one by [dev.retrograde.bench.memory.ChildJvm] and gets a
/// [dev.retrograde.bench.memory.MemoryReading]. Times do not belong here: they are taken in pairs,
/// see [dev.retrograde.bench.timing.PairedTiming].
@NullMarked
package dev.retrograde.bench.memory;

import org.jspecify.annotations.NullMarked;
