/// Kernels as machine code for x86-64.
///
/// A kernel is lowered to steps ([dev.retrograde.x64.Lowering]), its values get registers
/// ([dev.retrograde.x64.Allocator]) and each step is printed ([dev.retrograde.x64.Printer]).
/// Encoding instructions belongs to `asm`, pages and calls belong to `memory`; what is computed and
/// in which order was decided before, in the kernel. Start reading at
/// [dev.retrograde.x64.X64KernelCompiler].
@NullMarked
package dev.retrograde.x64;

import org.jspecify.annotations.NullMarked;
