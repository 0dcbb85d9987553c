package dev.retrograde.interp;

import dev.retrograde.ir.HostTensor;
import org.jspecify.annotations.Nullable;

/// A differentiable value of a run by callbacks: the pair of a primal and the cotangent that
/// gathers while continuations return. No cotangent yet stands for zeros.
final class Active {
  private final HostTensor x;
  private final boolean wanted;
  private @Nullable HostTensor d;

  private Active(HostTensor x, boolean wanted) {
    this.x = x;
    this.wanted = wanted;
  }

  /// A value that gathers a cotangent if it is `wanted` and of a floating type.
  static Active of(HostTensor x, boolean wanted) {
    return new Active(x, wanted && x.dtype().isFloat());
  }

  HostTensor x() {
    return x;
  }

  boolean wanted() {
    return wanted;
  }

  /// The cotangent, or null if none has arrived.
  @Nullable HostTensor d() {
    return d;
  }

  HostTensor gradient() {
    HostTensor own = d;
    return own == null ? HostTensor.zeros(x.type()) : own;
  }

  void add(HostTensor g) {
    if (!g.type().equals(x.type())) {
      throw new AssertionError("the cotangent of " + x.type() + " is " + g.type());
    }
    addAt(0, g);
  }

  /// Adds the cotangent of the elements from position `from` on.
  void addAt(int from, HostTensor g) {
    if (!wanted) {
      return;
    }
    HostTensor own = d == null ? HostTensor.zeros(x.type()) : d;
    d = own;
    for (int i = 0; i < g.size(); i++) {
      own.set(from + i, own.get(from + i) + g.get(i));
    }
  }

  /// Row `row` along axis 0, as a value of its own.
  Active row(int row) {
    HostTensor part = HostTensor.zeros(x.type().without(java.util.List.of(0)));
    for (int i = 0; i < part.size(); i++) {
      part.setBits(i, x.bits(row * part.size() + i));
    }
    return new Active(part, wanted);
  }

  /// Elements `from` on of the cotangent, in the shape of `part`; null if there is no cotangent.
  @Nullable HostTensor part(int from, HostTensor part) {
    HostTensor own = d;
    return own == null ? null : HostTensor.fill(part.type(), i -> own.get(from + i));
  }
}
