package dev.retrograde.nn.recurrent;

import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;

/// `h' = f(x W + h U + b)` with f tanh or relu (Elman, "Finding structure in time", 1990).
///
/// @param hidden numbers of the state
/// @param rectified relu instead of tanh
record VanillaCell(int hidden, boolean rectified) implements Cell {
  @Override
  public String kind() {
    return "rnn";
  }

  @Override
  public List<String> gates() {
    return List.of("h");
  }

  @Override
  public int states() {
    return 1;
  }

  @Override
  public List<Tensor> step(Trace t, Gates input, Gates recurrent, List<Tensor> state) {
    Tensor sum = input.plus(t, recurrent).gate(t, 0);
    return List.of(rectified ? t.relu(sum) : t.apply(Functions.TANH, sum));
  }
}
