package dev.retrograde.trace;

import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;

/// A symbolic tensor: a value of the program being traced. It has a type and no numbers; numbers
/// exist only when the program runs, so a branch on them is written with control ops.
public record Tensor(Value value) {
  public Type type() {
    return value.type();
  }

  public DType dtype() {
    return value.type().dtype();
  }

  public int rank() {
    return value.type().rank();
  }

  /// Size of an axis; negative axes count from the end.
  public int dim(int axis) {
    return value.type().dim(axis < 0 ? axis + rank() : axis);
  }

  /// Never gives a number, since there is none while a program is traced.
  ///
  /// @throws IllegalStateException with what to do instead, always
  public double item() {
    throw new IllegalStateException(
        this
            + " has no number while the program is traced. For a branch or a loop that depends on it"
            + " use Control.cond, whileLoop or forLoop; to see the number, make it an output and run"
            + " the program; a number that is known before belongs in a Java variable.");
  }

  @Override
  public String toString() {
    return "symbolic " + value.type();
  }
}
