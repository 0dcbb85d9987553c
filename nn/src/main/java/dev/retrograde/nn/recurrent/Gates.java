package dev.retrograde.nn.recurrent;

import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// Something of all gates of a cell, `[..., size]` each: weights, biases, or what goes into the
/// gates' functions. Either side by side in one tensor, `[..., gates x size]`, or one tensor each.
///
/// With weights in one tensor, one product serves all gates; with one tensor each, every gate has
/// its own. Every element is the same sum either way.
///
/// @param parts one tensor, or one a gate
record Gates(List<Tensor> parts, int size) {
  Gates {
    parts = List.copyOf(parts);
  }

  /// @param all `[..., gates x size]`
  /// @param merged whether it stays one tensor
  static Gates of(Trace t, Tensor all, int size, boolean merged) {
    if (merged) {
      return new Gates(List.of(all), size);
    }
    return new Gates(
        IntStream.range(0, all.dim(-1) / size).mapToObj(g -> columns(t, all, g, 1, size)).toList(),
        size);
  }

  /// `count` gates of a tensor of all, from gate `first` on.
  static Tensor columns(Trace t, Tensor all, int first, int count, int size) {
    if (all.dim(-1) == count * size) {
      return all;
    }
    int last = all.rank() - 1;
    List<Integer> starts = new ArrayList<>(Collections.nCopies(all.rank(), 0));
    List<Integer> sizes = new ArrayList<>();
    for (int axis = 0; axis < last; axis++) {
      sizes.add(all.dim(axis));
    }
    starts.set(last, first * size);
    sizes.add(count * size);
    return t.slice(all, starts, sizes);
  }

  /// A function of each part that keeps its columns.
  Gates map(UnaryOperator<Tensor> f) {
    return new Gates(parts.stream().map(f).toList(), size);
  }

  /// Products of `x: [..., in]` with these weights, `[in, size]` a gate.
  Gates product(Trace t, Tensor x) {
    return map(w -> t.matmul(x, w));
  }

  /// The sums with others of the same form.
  Gates plus(Trace t, Gates other) {
    return new Gates(
        IntStream.range(0, parts.size())
            .mapToObj(i -> t.add(parts.get(i), other.parts.get(i)))
            .toList(),
        size);
  }

  /// One gate, `[..., size]`.
  Tensor gate(Trace t, int gate) {
    return parts.size() > 1 ? parts.get(gate) : columns(t, parts.get(0), gate, 1, size);
  }
}
