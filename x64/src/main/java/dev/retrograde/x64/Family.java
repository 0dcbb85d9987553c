package dev.retrograde.x64;

import dev.retrograde.loop.Affine.Term;
import dev.retrograde.x64.asm.Gpr;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Accesses to one buffer that move alike in all loops: they share a general-purpose register,
/// which holds the buffer's address plus the moving part, and differ in their displacements.
/// Without a buffer it is an integer that moves with the loops.
final class Family {
  static final int NO_BUFFER = -1;

  final int param;
  final int scale;
  final List<Term> terms;
  final long offset;

  /// Uses, weighted by the depth of their loops.
  float weight;

  @Nullable Gpr register;
  int slot = Value.NOWHERE;

  /// Bytes that the register lags behind; added to displacements until it is brought up to date.
  long pending;

  /// @param scale bytes of an element, by which the terms' factors are multiplied
  /// @param offset bytes that are part of the register, where displacements would be too long
  Family(int param, int scale, List<Term> terms, long offset) {
    this.param = param;
    this.scale = scale;
    this.terms = terms;
    this.offset = offset;
  }

  /// Bytes that one iteration of the loop with this variable adds.
  long step(int var) {
    for (int i = 0; i < terms.size(); i++) {
      if (terms.get(i).var() == var) {
        return terms.get(i).factor() * scale;
      }
    }
    return 0;
  }
}
