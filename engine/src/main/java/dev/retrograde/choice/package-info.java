/// The choice of a backward pass: values that rewrite the joint program of a training step.
///
/// A saving policy decides what becomes of forward values that backward reads. Start reading at
/// [Saving].
@NullMarked
package dev.retrograde.choice;

import org.jspecify.annotations.NullMarked;
