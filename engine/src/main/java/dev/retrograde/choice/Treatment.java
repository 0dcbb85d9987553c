package dev.retrograde.choice;

import dev.retrograde.choice.coding.Code;
import dev.retrograde.ir.Node;

/// How backward gets a forward value.
sealed interface Treatment {
  /// The value is there: it was kept.
  record Keep() implements Treatment {}

  /// The node that made it runs again on what backward has of its operands.
  ///
  /// @param light costs one pass over memory: done again at each place that needs it, so that
  ///   nothing stays alive in between. What is not light is done once and lives until its last
  ///   reader
  record Remake(boolean light) implements Treatment {}

  /// Solved for the first operand of a coupling whose result backward has.
  record Invert(Node couple) implements Treatment {}

  /// Decoded from a code that is kept in its place.
  record Coded(Code code) implements Treatment {}

  /// Gradients of weights are had from a code that is kept in its place; whoever else reads the
  /// value reads its signs, or gets it made again.
  record ForWeights(Code code) implements Treatment {}

  /// Backward only compares the value, and reads the outcomes, made in the forward pass.
  ///
  /// @param packed eight outcomes to a byte; otherwise a byte each
  record Compared(boolean packed) implements Treatment {}
}
