/// Several backward passes side by side, on one task: the same model from the same weights on the
/// same batches.
///
/// How results are drawn belongs to the report, how they are typed to the command line. Start at
/// [Comparison]; what it gives is a [ComparisonResult].
@NullMarked
package dev.retrograde.lab.compare;

import org.jspecify.annotations.NullMarked;
