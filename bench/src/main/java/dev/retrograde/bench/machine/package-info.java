/// What the bench asks of the operating system: pinning threads to cores, and settings that native
/// libraries read once when they are loaded.
///
/// Linux only, through the foreign function interface. Start reading at
/// [dev.retrograde.bench.machine.CorePinning].
@NullMarked
package dev.retrograde.bench.machine;

import org.jspecify.annotations.NullMarked;
