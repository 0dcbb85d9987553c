/// From a model and data to a trained model.
///
/// A [Plan] names the programs of a run over one state; [Training] runs them over batches and keeps
/// the figures; [ModelFolder] writes the result and reads it back. Start reading at [Training].
/// Nothing here prints: whoever shows progress implements [Progress].
@NullMarked
package dev.retrograde.train;

import org.jspecify.annotations.NullMarked;
