/// Derivatives as programs: reverse mode, forward mode and what is made of both.
///
/// [Reverse] appends the backward pass of a traced function from each op's `vjp`; [Forward] does
/// the same from `jvp`. Both only emit IR, so their results differentiate and compile again;
/// [Derivatives] composes them.
///
/// Branches, loops and calls are split into a forward and a backward part; start with `Split`, then
/// `Branches`, `Loops`, `Scans`, `Calls`, one op each. Their forward mode is in `Push`.
///
/// Folds over trees are differentiated as a whole: `Trees`, `NodeSplit`, `TreeTangents`.
@NullMarked
package dev.retrograde.autodiff;

import org.jspecify.annotations.NullMarked;
