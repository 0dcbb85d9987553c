package dev.retrograde.bench.task;

import java.util.List;

/// A parameter of a task in our layout.
///
/// @param name dotted name, for example `conv1.filter`
/// @param kind what it is, which says how it starts and how a peer's layout differs
/// @param shape every extent, all positive
public record ParameterSpec(String name, Kind kind, List<Integer> shape) {
  /// What a parameter is.
  public sealed interface Kind {}

  /// A dense matrix `[in, out]`.
  public record Dense() implements Kind {}

  /// A dense matrix `[h w c, out]` whose inputs are an image flattened in the order `h, w, c`.
  ///
  /// @param h rows of the image
  /// @param w columns of the image
  /// @param c channels of the image
  public record DenseAfterImage(int h, int w, int c) implements Kind {}

  /// A convolution filter `[out, h, w, in]`.
  public record Filter() implements Kind {}

  /// A vector that starts at a constant: biases and shifts at 0, scales at 1.
  ///
  /// @param start the constant
  public record Constant(float start) implements Kind {}

  /// An operand of the elementwise task; drawn uniformly from -2 to 2.
  public record Operand() implements Kind {}

  /// Copies the shape and checks it.
  public ParameterSpec {
    shape = List.copyOf(shape);
    if (shape.isEmpty() || shape.stream().anyMatch(extent -> extent < 1)) {
      throw new IllegalArgumentException(
          "Parameter '" + name + "': expected positive extents, found " + shape);
    }
  }

  /// Number of elements.
  public int size() {
    return shape.stream().reduce(1, Math::multiplyExact);
  }

  /// Inputs that one output sums over, for the spread of its first values.
  public int fanIn() {
    return switch (kind) {
      case Dense() -> shape.getFirst();
      case DenseAfterImage(int _, int _, int _) -> shape.getFirst();
      case Filter() -> shape.get(1) * shape.get(2) * shape.get(3);
      case Constant(float _) -> 1;
      case Operand() -> 1;
    };
  }
}
