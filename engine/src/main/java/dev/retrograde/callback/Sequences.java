package dev.retrograde.callback;

/// Operators on sequences of different lengths and on their steps' contexts.
public final class Sequences {
  private final Ops op;

  public Sequences(Ops op) {
    this.op = op;
  }

  /// Zeroes sample i from step `lengths[i]` on.
  ///
  /// @param a `[batch, time, ...]`
  public void lengthMask(Var a, int[] lengths, Cont<Var> k) {
    Array x = op.x(a);
    if (x.rank() < 2 || x.dim(0) != lengths.length) {
      throw Place.fail(
          "expected [" + lengths.length + ", time, ...] for as many lengths, found " + x);
    }
    int[] index = Index.of(x.shape, ix -> ix[1] < lengths[ix[0]] ? 0 : -1);
    op.mul(a, op.constant(op.arithmetic().gather(Array.scalar(1), x.shape, index)), k);
  }

  /// Every stretch of `length` rows: `[time, r...]` gives `[time - length + 1, length, r...]`, the
  /// context of each step.
  public void windows(Var a, int length, Cont<Var> k) {
    int[] shape = op.x(a).shape;
    if (shape.length == 0 || length < 1 || length > shape[0]) {
      throw Place.fail("no stretch of " + length + " rows in " + a);
    }
    int[] out = new int[shape.length + 1];
    out[0] = shape[0] - length + 1;
    out[1] = length;
    System.arraycopy(shape, 1, out, 2, shape.length - 1);
    int[] s = Index.strides(shape);
    int[] strides = new int[out.length];
    strides[0] = s[0];
    System.arraycopy(s, 0, strides, 1, s.length);
    op.gather(a, out, Index.linear(out, strides, 0), k);
  }
}
