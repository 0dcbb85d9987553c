/// Differentiation by callbacks: eager, without a tape, and tiny.
///
/// No operator returns its result. It hands it to a callback, the rest of the program, and adds to
/// its operands' cotangents when the callback has returned: forward is the chain of calls, backward
/// the chain of returns. Branches, loops and recursion over data are plain Java, so this room says
/// what the derivative of a program with control flow is; everything that is compiled is compared
/// with it. It shares no code with programs, tracing and reverse mode on them, which do not belong
/// here, and it is not the fast path.
///
/// Start reading at [Callbacks], then [Ops#mul], then [Flow]. [Arithmetic] is what ops compute
/// with: arrays of dual numbers, so that the same callbacks give Hessian-vector products. The
/// method is "Backpropagation with Callbacks" (Wang et al., NeurIPS 2018), written out by hand
/// since Java rewrites no continuations.
@NullMarked
package dev.retrograde.callback;

import org.jspecify.annotations.NullMarked;
