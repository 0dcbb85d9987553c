package dev.retrograde.nn.recurrent;

import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;

/// What a recurrent layer does at one step: from what the gates get of the input and of the state
/// before to the state after. A cell is a value; [Recurrent] owns weights and biases.
public sealed interface Cell permits VanillaCell, LstmCell, GruCell {

  /// What a sequence calls a layer of it: `rnn`, `lstm`, `gru`.
  String kind();

  /// Numbers of each gate and each part of the state.
  int hidden();

  /// The gates, in the order of their columns in the weights.
  List<String> gates();

  /// Parts of the state, `[batch, hidden]` each; the first is what the cell gives to the outside.
  int states();

  /// Traces one step, at the path of the layer.
  ///
  /// @param input what the gates get of the input, biases included
  /// @param recurrent what they get of the first part of the state
  /// @param state before the step
  /// @return the state after it
  List<Tensor> step(Trace t, Gates input, Gates recurrent, List<Tensor> state);
}
