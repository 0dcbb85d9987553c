package dev.retrograde.bench.control;

import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// Adagrad (Duchi, Hazan and Singer, JMLR 2011) in libtorch's form: with gradient g, `s' = s + g g`
/// and `p' = p - lr g / (sqrt(s') + 1e-10)`. [dev.retrograde.nn.update.Adagrad] has its epsilon
/// inside the root, where it moves the first steps of a weight whose gradient is small.
final class PeerAdagrad {
  private static final double EPSILON = 1e-10;

  private PeerAdagrad() {}

  /// The name of the entry that sums a parameter's squared gradients.
  static String sumOf(String parameter) {
    return "optimizer.sum." + parameter;
  }

  /// Assigns the parameter and its sum.
  ///
  /// @param lr the rate, a scalar
  static void update(Trace t, String parameter, Tensor gradient, Tensor lr) {
    Tensor sum = summed(t, parameter, gradient);
    t.assign(sumOf(parameter), sum);
    t.assign(parameter, moved(t, parameter, gradient, sum, lr));
  }

  /// The sum after a step.
  static Tensor summed(Trace t, String parameter, Tensor gradient) {
    return t.add(sum(t, parameter), t.mul(gradient, gradient));
  }

  /// The parameter after a step.
  ///
  /// @param sum after the step
  static Tensor moved(Trace t, String parameter, Tensor gradient, Tensor sum, Tensor lr) {
    Tensor step = t.div(t.mul(gradient, lr), t.add(t.sqrt(sum), EPSILON));
    return t.sub(t.stateValue(parameter), step);
  }

  /// The sum's entry.
  static Tensor sum(Trace t, String parameter) {
    return t.state(
        sumOf(parameter), Role.OPTIMIZER, t.stateValue(parameter).type(), new Init.Fill(0));
  }
}
