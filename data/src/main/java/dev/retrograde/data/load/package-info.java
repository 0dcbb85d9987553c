/// From sets to batches in off-heap memory: order, augmentation, decoding, prefetch. Whatever has
/// samples of fixed shapes can be a source: images, pieces of text, trees padded to a capacity.
///
/// Everything random here is a function of a seed and of what it is about, never of who asked
/// first. Reading files does not belong here, nor does placing a batch on a device. Start at
/// [dev.retrograde.data.load.Loader].
@NullMarked
package dev.retrograde.data.load;

import org.jspecify.annotations.NullMarked;
