/// What is to be trained, on what, and by which target: the words of the command line turned into a
/// model, a data set and a target.
///
/// How training proceeds belongs to `train`; options and exit codes to `cli`. Start at [Task].
@NullMarked
package dev.retrograde.lab.task;

import org.jspecify.annotations.NullMarked;
