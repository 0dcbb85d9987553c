package dev.retrograde.bench.task;

import java.util.List;
import java.util.Optional;

/// A perceptron with ReLU between its dense layers and cross-entropy at its end.
///
/// Parameters: `dense1.weight [in, out]`, `dense1.bias [out]`, `dense2…` and so on.
///
/// @param widths features of the input, of every hidden layer, and the number of classes
/// @param sgd the update
public record Mlp(List<Integer> widths, Sgd sgd) implements PeerTask {
  /// Copies the widths and checks that there is at least one layer.
  public Mlp {
    widths = List.copyOf(widths);
    if (widths.size() < 2) {
      throw new IllegalArgumentException(
          "Mlp: expected at least an input and an output width, found " + widths);
    }
  }

  /// 784-500-500-10.
  public static Mlp standard(Sgd sgd) {
    return new Mlp(List.of(784, 500, 500, 10), sgd);
  }

  @Override
  public String name() {
    return "mlp";
  }

  @Override
  public List<ParameterSpec> parameters() {
    return layers().parameters();
  }

  @Override
  public List<Integer> sampleShape() {
    return List.of(widths.getFirst());
  }

  @Override
  public int classes() {
    return widths.getLast();
  }

  @Override
  public long multiplyAdds() {
    return layers().multiplyAdds();
  }

  @Override
  public Optional<Sgd> update() {
    return Optional.of(sgd);
  }

  private LayerSpecs layers() {
    LayerSpecs layers = new LayerSpecs();
    for (int layer = 1; layer < widths.size(); layer++) {
      layers.dense("dense" + layer, widths.get(layer - 1), widths.get(layer));
    }
    return layers;
  }
}
