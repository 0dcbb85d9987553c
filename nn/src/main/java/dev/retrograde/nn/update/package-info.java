/// From gradients to new parameters: optimisers, learning-rate schedules, and names chosen by
/// globs.
///
/// An optimiser is a value that traces the update phase of a step; its memory is state of the role
/// `OPTIMIZER`. The learning rate is an input of the step, so schedules are plain functions on the
/// host. Start reading at [Optimizer]. Losses and layers do not belong here.
@NullMarked
package dev.retrograde.nn.update;

import org.jspecify.annotations.NullMarked;
