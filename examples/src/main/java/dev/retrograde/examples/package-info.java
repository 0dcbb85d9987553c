/// Examples, one file each, that the README shows word for word.
///
/// Each has a `main` and runs in seconds without any download. Nothing that a program could want to
/// call belongs here. Start at [TrainDigits].
@NullMarked
package dev.retrograde.examples;

import org.jspecify.annotations.NullMarked;
