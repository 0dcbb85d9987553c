/// Data sets in files: idx, CIFAR binary, text and treebanks, plain, gzip or tar.gz.
///
/// Readers believe nothing that a file says before it is checked: a size from a header allocates
/// only what the file can hold, and whatever is wrong becomes one
/// [dev.retrograde.data.DataException]. Downloads do not belong here. Start at
/// [dev.retrograde.data.read.DataSets] for images, [dev.retrograde.data.read.TextFile] for text and
/// [dev.retrograde.data.read.TreeBanks] for trees; a new format of images adds one class beside
/// [dev.retrograde.data.read.Idx] and one row there.
@NullMarked
package dev.retrograde.data.read;

import org.jspecify.annotations.NullMarked;
