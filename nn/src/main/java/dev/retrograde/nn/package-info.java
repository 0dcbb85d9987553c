/// Layers, initialisers and losses: values whose `apply` traces.
///
/// A layer declares its parameters in the trace under the current path and takes their element type
/// from its input, so the same layer serves f32 for training and f64 for checks. Start reading at
/// [Layer], then [Layers], which makes all of them. Optimisers are in `dev.retrograde.nn.update`,
/// whole networks in `dev.retrograde.nn.zoo`. How a run proceeds does not belong here.
@NullMarked
package dev.retrograde.nn;

import org.jspecify.annotations.NullMarked;
