package dev.retrograde.bench.libtorch;

import dev.retrograde.bench.task.ParameterSpec;
import dev.retrograde.bench.task.PeerTask;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;

/// The parameters of one task as libtorch leaves that require gradients. Owns them until closed.
final class TorchParameters implements AutoCloseable {
  private final PeerTask task;
  private final TorchLayout layout;
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, TensorOptional> optionals = new LinkedHashMap<>();
  private final TensorOptional absent;

  TorchParameters(PeerTask task, TorchLayout layout, Map<String, float[]> values) {
    this.task = task;
    this.layout = layout;
    refuseOthers(task, values);
    task.parameters().forEach(parameter -> given(task, parameter, values));
    try (PointerScope _ = new PointerScope()) {
      this.absent = new TensorOptional();
      absent.retainReference();
    }
    for (ParameterSpec parameter : task.parameters()) {
      Tensor tensor = layout.parameter(parameter, given(task, parameter, values));
      tensors.put(parameter.name(), tensor);
      try (PointerScope _ = new PointerScope()) {
        tensor.set_requires_grad(true);
        TensorOptional optional = new TensorOptional(tensor);
        optional.retainReference();
        optionals.put(parameter.name(), optional);
      }
    }
  }

  /// The values of `parameter`, refused where they are missing or of another length.
  private static float[] given(
      PeerTask task, ParameterSpec parameter, Map<String, float[]> values) {
    float[] found = values.get(parameter.name());
    if (found == null || found.length != parameter.size()) {
      throw new IllegalArgumentException(
          "Task '%s', parameter '%s': expected %d values of shape %s, found %s; %s"
              .formatted(
                  task.name(),
                  parameter.name(),
                  parameter.size(),
                  parameter.shape(),
                  found == null ? "none" : found.length,
                  "give every parameter that the task lists"));
    }
    return found;
  }

  private static void refuseOthers(PeerTask task, Map<String, float[]> values) {
    List<String> names = task.parameters().stream().map(ParameterSpec::name).toList();
    for (String name : values.keySet()) {
      if (!names.contains(name)) {
        throw new IllegalArgumentException(
            "Task '%s' has no parameter '%s', expected %s; give only those that the task lists"
                .formatted(task.name(), name, names));
      }
    }
  }

  /// The parameter `name`, borrowed.
  Tensor tensor(String name) {
    return find(tensors, name);
  }

  /// The parameter `name` as libtorch's optional argument, borrowed.
  TensorOptional optional(String name) {
    return find(optionals, name);
  }

  private <T> T find(Map<String, T> byName, String name) {
    T found = byName.get(name);
    if (found == null) {
      throw new AssertionError(
          "Task '" + task.name() + "' lists no parameter '" + name + "', only " + byName.keySet());
    }
    return found;
  }

  /// The argument that stands for "no bias", borrowed.
  TensorOptional absent() {
    return absent;
  }

  /// All parameters as an optimiser takes them, in the task's order; the caller closes it.
  TensorVector vector() {
    return new TensorVector(tensors.values().toArray(Tensor[]::new));
  }

  /// The current values in our layout.
  Map<String, float[]> values() {
    return collect(layout::values);
  }

  /// The gradients of the last step in our layout.
  Map<String, float[]> gradients() {
    return collect((parameter, tensor) -> {
      try (Tensor gradient = tensor.grad()) {
        if (!gradient.defined()) {
          throw new IllegalStateException(
              "Parameter '" + parameter.name() + "' has no gradient yet; run a step first");
        }
        return layout.values(parameter, gradient);
      }
    });
  }

  private Map<String, float[]> collect(BiFunction<ParameterSpec, Tensor, float[]> read) {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (ParameterSpec parameter : task.parameters()) {
      values.put(parameter.name(), read.apply(parameter, tensor(parameter.name())));
    }
    return values;
  }

  @Override
  public void close() {
    absent.close();
    optionals.values().forEach(TensorOptional::close);
    tensors.values().forEach(Tensor::close);
  }
}
