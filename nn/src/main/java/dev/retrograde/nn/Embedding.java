package dev.retrograde.nn;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// `x: i32 [...]` of codes from 0 to `symbols - 1` to their rows of `weight: [symbols, size]`,
/// `[..., size]`. The gradient adds the cotangents of equal codes into their row, in the order of
/// the codes; rows of codes that do not occur get 0.
///
/// @param symbols how many codes there are, at least 1
/// @param size numbers a code, at least 1
/// @param frozen whether the table is a statistic, which no optimiser moves, instead of a parameter
/// @param dtype of the table: codes do not say it
/// @param init of the table
/// @param line where the layer was written down
public record Embedding(
    int symbols, int size, boolean frozen, DType dtype, Initializer init, String line)
    implements Layer {
  public Embedding {
    if (symbols < 1 || size < 1 || !dtype.isFloat()) {
      throw new IllegalArgumentException(
          "embedding: expected at least 1 symbol of at least 1 number of a floating type, found %d, %d and %s"
              .formatted(symbols, size, dtype));
    }
  }

  /// The same with a table that training leaves as it is.
  public Embedding freeze() {
    return new Embedding(symbols, size, true, dtype, init, line);
  }

  public Embedding init(Initializer table) {
    return new Embedding(symbols, size, frozen, dtype, table, line);
  }

  public Embedding dtype(DType numbers) {
    return new Embedding(symbols, size, frozen, numbers, init, line);
  }

  @Override
  public String kind() {
    return "embedding";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    if (x.dtype() != DType.I32) {
      throw Site.misfit(
          t,
          "embedding",
          line,
          "codes i32 [...]",
          x,
          "Give it codes, not numbers or one-hot rows.");
    }
    Role role = frozen ? Role.STATISTIC : Role.PARAMETER;
    Type type = Type.of(dtype, symbols, size);
    Tensor table = t.state(t.dotted("weight"), role, type, init.of(1, size));
    return t.op(new MoveOp.Gather(), table, x);
  }
}
