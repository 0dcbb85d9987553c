/// The front door of the bench: programs to start by hand.
///
/// [dev.retrograde.bench.PeerSmoke] and [dev.retrograde.bench.KernelSmoke] print what the peers
/// reach alone. Nothing that measures or computes belongs here; see `task`, `timing`, `libtorch`
/// and `onednn`.
@NullMarked
package dev.retrograde.bench;

import org.jspecify.annotations.NullMarked;
