/// What programs run on: the state store, worker threads, and what an executable promises.
///
/// Off-heap memory has one owner here; targets borrow it. Start reading at [Executable], then
/// [StateStore].
@NullMarked
package dev.retrograde.runtime;

import org.jspecify.annotations.NullMarked;
