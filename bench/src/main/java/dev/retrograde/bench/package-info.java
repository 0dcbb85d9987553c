/// Programs to start by hand, beside the suites that `retrograde bench` runs.
///
/// [dev.retrograde.bench.PeerSmoke] and [dev.retrograde.bench.KernelSmoke] print what the peers
/// reach alone. Nothing that measures or computes belongs here: the suites stand in `suite`, our
/// side in `engine`, the peers in `libtorch` and `onednn`; see `task` and `timing` for the rest.
@NullMarked
package dev.retrograde.bench;

import org.jspecify.annotations.NullMarked;
