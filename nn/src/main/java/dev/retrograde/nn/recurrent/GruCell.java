package dev.retrograde.nn.recurrent;

import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;

/// Gated recurrent units (Cho et al., "Learning phrase representations using RNN encoder-decoder",
/// EMNLP 2014): `r, z = sigmoid(..)`, `n = tanh(x W + b + r (h U + d))`, `h' = z h + (1 - z) n`.
///
/// Departs from the paper where common libraries do: the reset gate acts behind the recurrent
/// product, not on `h` before it, so that one product serves all three gates; the candidate gets a
/// second bias there, `recurrent_bias: [hidden]`.
///
/// @param hidden numbers of the state
record GruCell(int hidden) implements Cell {
  @Override
  public String kind() {
    return "gru";
  }

  @Override
  public List<String> gates() {
    return List.of("r", "z", "n");
  }

  @Override
  public int states() {
    return 1;
  }

  @Override
  public List<Tensor> step(Trace t, Gates input, Gates recurrent, List<Tensor> state) {
    Tensor r = t.apply(Functions.SIGMOID, t.add(input.gate(t, 0), recurrent.gate(t, 0)));
    Tensor z = t.apply(Functions.SIGMOID, t.add(input.gate(t, 1), recurrent.gate(t, 1)));
    Tensor d = t.parameter("recurrent_bias", r.dtype(), new Init.Fill(0), hidden);
    Tensor reset = t.mul(r, t.add(recurrent.gate(t, 2), d));
    Tensor n = t.apply(Functions.TANH, t.add(input.gate(t, 2), reset));
    return List.of(t.add(n, t.mul(z, t.sub(state.get(0), n))));
  }
}
