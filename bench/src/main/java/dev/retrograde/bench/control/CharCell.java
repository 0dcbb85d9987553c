package dev.retrograde.bench.control;

/// The cell of a recurrent network over characters.
public enum CharCell {
  /// One layer of tanh.
  RNN,
  /// Long short-term memory, gates i, f, g, o.
  LSTM;

  /// How many numbers there are for each hidden one before the cell's functions.
  public int gates() {
    return switch (this) {
      case RNN -> 1;
      case LSTM -> 4;
    };
  }

  /// As rows call the task.
  public String task() {
    return switch (this) {
      case RNN -> "char-rnn";
      case LSTM -> "char-lstm";
    };
  }
}
