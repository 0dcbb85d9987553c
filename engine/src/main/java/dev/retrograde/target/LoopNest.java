package dev.retrograde.target;

import dev.retrograde.ir.Type;
import dev.retrograde.loop.Kernel;
import dev.retrograde.target.KernelCompiler.Machine;
import java.util.List;

/// What a `ir.KernelOp.Definition` implements beside itself to have its own loop nest on compiled
/// targets.
///
/// A target asks for each use; answers depend on the arguments alone, since it may ask again. Where
/// the answer is a refusal, or the pass `kernels` is switched off, it compiles the reference form.
public interface LoopNest {
  /// The loop nest for operands of these types, all of known sizes.
  ///
  /// Parameters of the kernel are the operands, then the results, each row-major without gaps.
  /// Lanes are 1 or what `machine.lanes` says for its widest type. It writes every element of every
  /// result, computes what the reference form means, and iterations of its outermost loop neither
  /// read nor write what others write: threads share them. Unmasked accesses are checked against
  /// the sizes before anything runs; masks and gathers are the definition's own responsibility.
  Answer nest(List<Type> operands, List<Type> results, Machine machine);

  /// A loop nest or none.
  sealed interface Answer {}

  /// The loop nest.
  record Written(Kernel kernel) implements Answer {}

  /// None.
  ///
  /// @param because why not, in half a sentence: `the last axis is shorter than a register`
  record Refused(String because) implements Answer {}
}
