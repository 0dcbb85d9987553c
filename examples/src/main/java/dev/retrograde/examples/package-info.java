/// Examples, one file each: those that the README shows word for word, and three of which the guide
/// to control flow shows what they print.
///
/// Each has a `main` and runs in seconds without any download. Nothing that a program could want to
/// call belongs here. Start at [TrainDigits], for loops and recursion at [FitOrbit].
@NullMarked
package dev.retrograde.examples;

import org.jspecify.annotations.NullMarked;
