/// The values that every other room of this module speaks of: image sets, texts as codes, labelled
/// trees, their train and test parts, what is wrong with a file, and keyed randomness.
///
/// Formats belong to `read`, generators to `generate`, batches and augmentation to `load`; all
/// three know this package and it knows none of them. Start at [dev.retrograde.data.ImageSet],
/// [dev.retrograde.data.TextSet] or [dev.retrograde.data.TreeBank].
@NullMarked
package dev.retrograde.data;

import org.jspecify.annotations.NullMarked;
