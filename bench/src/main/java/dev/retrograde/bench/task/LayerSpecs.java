package dev.retrograde.bench.task;

import java.util.ArrayList;
import java.util.List;

/// Collects the parameters and the multiply-adds of a network, layer by layer.
final class LayerSpecs {
  private final List<ParameterSpec> parameters = new ArrayList<>();
  private long multiplyAdds;
  private boolean first = true;

  LayerSpecs dense(String name, int in, int out) {
    return dense(name, new ParameterSpec.Dense(), in, out);
  }

  LayerSpecs dense(String name, ParameterSpec.Kind kind, int in, int out) {
    parameters.add(new ParameterSpec(name + ".weight", kind, List.of(in, out)));
    count((long) in * out);
    return vector(name + ".bias", out, 0);
  }

  /// A convolution without bias that writes `size` by `size` pixels.
  LayerSpecs conv(String name, int in, int out, int kernel, int size) {
    parameters.add(
        new ParameterSpec(
            name + ".filter", new ParameterSpec.Filter(), List.of(out, kernel, kernel, in)));
    count((long) in * out * kernel * kernel * size * size);
    return this;
  }

  LayerSpecs norm(String name, int channels) {
    return vector(name + ".scale", channels, 1).vector(name + ".shift", channels, 0);
  }

  LayerSpecs vector(String name, int length, float start) {
    parameters.add(new ParameterSpec(name, new ParameterSpec.Constant(start), List.of(length)));
    return this;
  }

  List<ParameterSpec> parameters() {
    return List.copyOf(parameters);
  }

  long multiplyAdds() {
    return multiplyAdds;
  }

  private void count(long forward) {
    multiplyAdds += first ? 2 * forward : 3 * forward;
    first = false;
  }
}
