/// What every record of this project says of itself: the machine, the version, the time, and the
/// JSON envelope around results.
///
/// What a particular command found belongs to that command's room. Start at [Envelope].
@NullMarked
package dev.retrograde.lab.record;

import org.jspecify.annotations.NullMarked;
