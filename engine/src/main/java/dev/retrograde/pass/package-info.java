/// From a program to kernels in a memory plan.
///
/// In order: folds over trees become loops (`pass.tree`), [Outline] closes branches, loops and
/// calls so that [Blocks] can compile each block on its own, then for the program and for each
/// block [Simplify], [Fusion] (what is computed together), [Lowering] (which writes each group's
/// kernel with [LoopSchedule] or [ContractionSchedule]), [MemoryPlan]. [Linker] lays everything out
/// as instructions, which [Runner] runs. [KernelTarget] runs them all and makes the executable; it
/// is shared by every target that compiles kernels.
@NullMarked
package dev.retrograde.pass;

import org.jspecify.annotations.NullMarked;
