/// Element types and scalar functions: what happens to one element.
///
/// A scalar function is defined once, as straight-line code over a handful of primitives that every
/// target has as an instruction, together with its derivative and its stated accuracy. The
/// interpreter evaluates that code, the bytecode and machine-code targets print it, so a function
/// has the same bits everywhere. Start reading at [ScalarCode], then [ScalarFn], then [Functions];
/// the bodies are in [Exponentials], [Logarithms], [Powers], [Trigonometry] and [ErrorFunction],
/// written with the words of [Real].
///
/// Shapes, tensors and loops do not belong here.
@NullMarked
package dev.retrograde.scalar;

import org.jspecify.annotations.NullMarked;
