package dev.retrograde.nn;

import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Layers one after another. Each has a segment of the path: its given name, or its kind and a
/// number that counts the unnamed children of this kind from 0: `dense0`, `relu0`, `dense1`.
final class Sequential implements Layer {
  private final List<Layer> children;

  Sequential(List<Layer> layers) {
    List<Layer> named = new ArrayList<>();
    Map<String, Integer> count = new HashMap<>();
    Set<String> taken = new HashSet<>();
    for (Layer l : layers) {
      Named n =
          l instanceof Named given
              ? given
              : new Named(l.kind() + (count.merge(l.kind(), 1, Integer::sum) - 1), l);
      if (!taken.add(n.name())) {
        throw new IllegalArgumentException(
            "two layers of a sequence are called '"
                + n.name()
                + "' and would share their parameters; rename one, or share on purpose by applying"
                + " one layer twice in a layer of your own");
      }
      named.add(n);
    }
    children = List.copyOf(named);
  }

  @Override
  public String kind() {
    return "sequential";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    Tensor y = x;
    for (Layer l : children) {
      y = l.apply(t, y);
    }
    return y;
  }
}
