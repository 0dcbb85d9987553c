package dev.retrograde.callback;

import org.jspecify.annotations.Nullable;

/// A differentiable value: the pair (x, d) of its primal and the cotangent that gathers while the
/// callbacks return.
///
/// It lives inside the callback that it was given to: when that returns, d is complete and is
/// handed to the operands, so a later use would be lost, and is an error. A constant has no
/// cotangent.
public final class Var {
  final Ops owner;
  final Array x;
  private final @Nullable Array d;
  private boolean open = true;

  Var(Ops owner, Array x, @Nullable Array d) {
    this.owner = owner;
    this.x = x;
    this.d = d;
  }

  /// The primal. Conditions of branches and loops read it; no gradient flows through what is read.
  public Array x() {
    return x;
  }

  /// The primal of a single element.
  public double item() {
    return x.item();
  }

  /// Whether it gathers a cotangent, which constants and results of constants do not.
  boolean active() {
    return d != null;
  }

  Array d() {
    if (d == null) {
      throw new AssertionError("a constant has no cotangent");
    }
    return d;
  }

  boolean open() {
    return open;
  }

  void close() {
    open = false;
  }

  @Override
  public String toString() {
    return x.toString();
  }
}
