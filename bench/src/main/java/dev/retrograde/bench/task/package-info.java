/// What is measured: the training steps of the peer suite, their first weights and batches, and the
/// contract of a contender.
///
/// Everything here is plain Java arrays in our layout (images `[n, h, w, c]`, filters `[out, h, w,
/// in]`, dense matrices `[in, out]`), so that both sides are given the same numbers. No engine and
/// no peer belongs here. Start reading at [dev.retrograde.bench.task.PeerTask].
@NullMarked
package dev.retrograde.bench.task;

import org.jspecify.annotations.NullMarked;
