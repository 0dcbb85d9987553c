/// Ops as plain Java over the program's memory: those whose loops depend on the numbers, which
/// kernels of fixed loops cannot follow. Sorting, selecting, and small linear algebra in f64.
///
/// A routine is bound to memory once and then runs without a byte of heap; what it needs besides
/// operands and results is scratch, which the memory plan places like any buffer. Each gives the
/// bits of the op's reference. What a kernel can do does not belong here, and neither does anything
/// that decides: [Routines] says which op has which routine; start there.
@NullMarked
package dev.retrograde.pass.routine;

import org.jspecify.annotations.NullMarked;
