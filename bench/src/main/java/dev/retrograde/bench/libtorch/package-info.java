/// Training steps on libtorch, written as its users write them and set up for its best speed.
///
/// Start reading at [dev.retrograde.bench.libtorch.TorchPeer]. A network is a
/// [dev.retrograde.bench.libtorch.TorchModel]; conversions between our layout and libtorch's happen
/// once, at the door, in `TorchLayout`.
@NullMarked
package dev.retrograde.bench.libtorch;

import org.jspecify.annotations.NullMarked;
