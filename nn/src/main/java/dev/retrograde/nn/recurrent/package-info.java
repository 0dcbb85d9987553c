/// Layers over sequences and trees: recurrent networks, losses over steps, cells of trees.
///
/// Sequences are `[batch, time, features]`, or codes `i32 [batch, time]`, outside, and time comes
/// first inside. Sequences of unequal length lie padded in one batch beside their lengths, `i32
/// [batch]`. Start reading at [Sequences], which makes the layers, then [Recurrent] and the cells.
/// How a tree is walked does not belong here: the cells of trees go from the states of children to
/// the state of their parent.
@NullMarked
package dev.retrograde.nn.recurrent;

import org.jspecify.annotations.NullMarked;
