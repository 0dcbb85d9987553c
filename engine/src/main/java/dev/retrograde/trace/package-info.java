/// From Java code to a program.
///
/// [Trace] runs a Java function once on symbolic [Tensor]s and records what it does. It promotes
/// element types, broadcasts as NumPy does, keeps the path of layers and the user's line for error
/// messages, and declares state. Start reading at [Trace#program]. What a layer is belongs to the
/// `nn` module.
@NullMarked
package dev.retrograde.trace;

import org.jspecify.annotations.NullMarked;
