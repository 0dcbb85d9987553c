package dev.retrograde.choice;

import dev.retrograde.ir.Program;
import java.util.List;

/// A joint program after a saving policy.
///
/// @param program what runs
/// @param policy what was applied; where a budget was given, the mixture that it found
/// @param residuals every forward value that backward reads, in the order in which they are made
public record Saved(Program program, Saving policy, List<Residual> residuals) {
  public Saved {
    residuals = List.copyOf(residuals);
  }

  /// Bytes of all residuals as backward reads them.
  public long bytes() {
    return residuals.stream().mapToLong(Residual::bytes).sum();
  }

  /// Bytes kept from forward for backward.
  public long kept() {
    return residuals.stream().mapToLong(Residual::kept).sum();
  }
}
