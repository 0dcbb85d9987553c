/// Memory that code runs in, calls into it, and what the processor can do.
///
/// All native access of the engine stands here: pages from the operating system, one kind of call,
/// and the processor's own description. What the code means does not belong here; it is bytes.
///
/// Start with [dev.retrograde.x64.memory.ExecutableMemory]; which operating systems and processors
/// are served is decided in [dev.retrograde.x64.memory.Platform] and nowhere else.
@NullMarked
package dev.retrograde.x64.memory;

import org.jspecify.annotations.NullMarked;
