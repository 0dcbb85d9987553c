package dev.retrograde.bench.libtorch;

import org.bytedeco.pytorch.Tensor;

/// What a residual block adds to its branch.
@FunctionalInterface
interface Shortcut extends AutoCloseable {
  /// The block's input itself.
  static Shortcut identity() {
    return x -> x;
  }

  /// The addend, of the branch's shape; temporary handles belong to the caller's scope.
  Tensor apply(Tensor x);

  /// Frees what the shortcut holds besides its parameters.
  @Override
  default void close() {}
}
