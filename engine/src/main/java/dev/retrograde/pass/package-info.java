/// From a program to kernels in a memory plan.
///
/// In order: [Simplify], [Fusion] (what is computed together), [Lowering] (which writes each
/// group's kernel with [LoopSchedule] or [ContractionSchedule]), [MemoryPlan]. [KernelTarget] runs
/// them all and makes the executable; it is shared by every target that compiles kernels.
@NullMarked
package dev.retrograde.pass;

import org.jspecify.annotations.NullMarked;
