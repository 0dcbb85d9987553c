package dev.retrograde.bench.control;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adagrad;
import org.bytedeco.pytorch.AdagradOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;

/// Parameters of a libtorch model and the Adagrad that moves them. Owns all until closed.
final class TorchLeaves implements AutoCloseable {
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, TensorOptional> optionals = new LinkedHashMap<>();
  private final Adagrad optimizer;

  /// A matrix `[in, out]` in our layout is held as libtorch's `[out, in]`.
  ///
  /// @param values row-major, by name
  /// @param rows of each, 0 for a vector
  TorchLeaves(Map<String, float[]> values, Map<String, Integer> rows, double rate) {
    values.forEach((name, numbers) -> add(name, numbers, rows.getOrDefault(name, 0)));
    try (PointerScope _ = new PointerScope()) {
      TensorVector vector = new TensorVector(tensors.values().toArray(Tensor[]::new));
      optimizer = new Adagrad(vector, new AdagradOptions(rate));
      optimizer.retainReference();
    }
  }

  private void add(String name, float[] numbers, int rows) {
    try (PointerScope _ = new PointerScope()) {
      Tensor tensor =
          rows == 0
              ? Tensor.create(numbers, numbers.length)
              : Tensor.create(numbers, rows, numbers.length / rows).t().contiguous();
      tensor.set_requires_grad(true);
      tensor.retainReference();
      TensorOptional optional = new TensorOptional(tensor);
      optional.retainReference();
      tensors.put(name, tensor);
      optionals.put(name, optional);
    }
  }

  /// The parameter, borrowed.
  Tensor tensor(String name) {
    return found(tensors, name);
  }

  /// The parameter as an optional argument, borrowed.
  TensorOptional optional(String name) {
    return found(optionals, name);
  }

  private static <T> T found(Map<String, T> all, String name) {
    T one = all.get(name);
    if (one == null) {
      throw new AssertionError("no parameter '" + name + "', only " + all.keySet());
    }
    return one;
  }

  void forgetGradients() {
    optimizer.zero_grad();
  }

  /// Backward from `loss` and the optimiser's step; the loss as a number.
  float learn(Tensor loss) {
    loss.backward();
    try (Tensor _ = optimizer.step()) {
      return loss.item_float();
    }
  }

  @Override
  public void close() {
    optimizer.close();
    optionals.values().forEach(TensorOptional::close);
    tensors.values().forEach(Tensor::close);
  }
}
