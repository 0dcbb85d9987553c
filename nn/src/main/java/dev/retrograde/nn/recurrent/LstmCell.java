package dev.retrograde.nn.recurrent;

import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;

/// Long short-term memory (Hochreiter and Schmidhuber, 1997) with forget gates (Gers et al., 2000)
/// and without peepholes: `i, f, o = sigmoid(..)`, `g = tanh(..)`, `c' = f c + i g`, `h' = o
/// tanh(c')`. The state is `h, c`; one bias a gate.
///
/// @param hidden numbers of each part of the state
record LstmCell(int hidden) implements Cell {
  @Override
  public String kind() {
    return "lstm";
  }

  @Override
  public List<String> gates() {
    return List.of("i", "f", "g", "o");
  }

  @Override
  public int states() {
    return 2;
  }

  @Override
  public List<Tensor> step(Trace t, Gates input, Gates recurrent, List<Tensor> state) {
    Gates sum = input.plus(t, recurrent);
    Tensor i = t.apply(Functions.SIGMOID, sum.gate(t, 0));
    Tensor f = t.apply(Functions.SIGMOID, sum.gate(t, 1));
    Tensor g = t.apply(Functions.TANH, sum.gate(t, 2));
    Tensor o = t.apply(Functions.SIGMOID, sum.gate(t, 3));
    Tensor c = t.add(t.mul(f, state.get(1)), t.mul(i, g));
    return List.of(t.mul(o, t.apply(Functions.TANH, c)), c);
  }
}
