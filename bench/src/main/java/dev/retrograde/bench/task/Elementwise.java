package dev.retrograde.bench.task;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The sum of `sigmoid(tanh(a b + c) exp(-d d)) - relu(a - b) 0.5 + c / (1 + |d|)` over all
/// elements, and its gradients by a, b, c and d. Nothing is updated.
///
/// @param elements length of each operand
public record Elementwise(int elements) implements PeerTask {
  /// Checks that there is at least one element.
  public Elementwise {
    if (elements < 1) {
      throw new IllegalArgumentException(
          "Elementwise: expected at least 1 element, found " + elements);
    }
  }

  /// 4 Mi elements.
  public static Elementwise standard() {
    return new Elementwise(4 << 20);
  }

  @Override
  public String name() {
    return "elementwise";
  }

  @Override
  public List<ParameterSpec> parameters() {
    return Stream.of("a", "b", "c", "d")
        .map(name -> new ParameterSpec(name, new ParameterSpec.Operand(), List.of(elements)))
        .toList();
  }

  @Override
  public List<Integer> sampleShape() {
    return List.of();
  }

  @Override
  public int classes() {
    return 0;
  }

  @Override
  public long multiplyAdds() {
    return 0;
  }

  @Override
  public Optional<Sgd> update() {
    return Optional.empty();
  }
}
