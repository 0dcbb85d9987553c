/// Values of run-time size as values of their capacity: [Capacities] rewrites a program so that
/// what comes after sees static sizes only, and [Counts] remembers of how many rows a kernel need
/// be run.
///
/// A pass of its own, behind trees and before everything that fuses or lowers. What a run-time size
/// means is said by the ops themselves in `ir`; how many iterations of a kernel a number of rows
/// takes is known where kernels are scheduled, in `pass`.
@NullMarked
package dev.retrograde.pass.ragged;

import org.jspecify.annotations.NullMarked;
