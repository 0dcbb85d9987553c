/// Data out of nothing: images drawn from committed outlines and random trees, equal for equal
/// seeds on every machine.
///
/// For a first comparison without any download, and for tests. Start at
/// [dev.retrograde.data.generate.GeneratedDigits] or [dev.retrograde.data.generate.GeneratedTrees];
/// the shapes are in the resource `digits.txt` beside it.
@NullMarked
package dev.retrograde.data.generate;

import org.jspecify.annotations.NullMarked;
