/// The target that needs nothing: kernels as bytecode of the running machine.
///
/// Each kernel of one lane becomes a hidden class, written with `java.lang.classfile`; the virtual
/// machine compiles it like any other class. No flag, no native access, so this target runs
/// wherever Java 25 runs. Start reading at [JvmKernelCompiler], then [Part] (how a kernel is cut
/// into methods) and [MethodPrinter].
///
/// Loops and their order are decided in `pass`; machine code belongs to `x64`.
@NullMarked
package dev.retrograde.jvm;

import org.jspecify.annotations.NullMarked;
