/// Ready-made networks, by name. Start reading at [Zoo].
///
/// What a layer is belongs to `dev.retrograde.nn`; a network that needs a method of its own belongs
/// to the method.
@NullMarked
package dev.retrograde.nn.zoo;

import org.jspecify.annotations.NullMarked;
