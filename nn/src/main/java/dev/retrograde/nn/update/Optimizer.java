package dev.retrograde.nn.update;

import dev.retrograde.choice.TouchedRows;
import dev.retrograde.ir.Glob;
import dev.retrograde.ir.Program;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;
import java.util.Map;

/// Turns gradients into new parameters.
///
/// A value: what it remembers between steps is state of the program under names that begin with
/// `optimizer.`.
public interface Optimizer {
  /// The learning rate that a schedule multiplies.
  double rate();

  /// The spelling in a run's record; [Optimizers#parse] reads it back.
  String spec();

  /// Traces the update: assigns every parameter.
  ///
  /// @param gradients by the dotted name of the parameter, each of its parameter's type
  /// @param lr the learning rate of this step, a scalar
  void update(Trace t, Map<String, Tensor> gradients, Tensor lr);

  /// What becomes of the whole step before anything else looks at it; nothing, most of the time.
  default Program finish(Program step) {
    return step;
  }

  /// The same, of which only the rows that a step looked up are updated, of the parameters whose
  /// names match; see [TouchedRows] for when that is the same.
  default Optimizer rows(String glob) {
    return new RowOptimizer(this, new TouchedRows(List.of(Glob.of(glob))));
  }
}
