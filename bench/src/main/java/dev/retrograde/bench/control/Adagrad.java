package dev.retrograde.bench.control;

import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.nn.update.Optimizer;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.Map;

/// Adagrad (Duchi, Hazan and Singer, JMLR 2011): with gradient g, `s' = s + g g` and `p' = p - lr g /
/// (sqrt(s') + 1e-10)`, the form of libtorch. The original Lantern has its epsilon inside the root.
///
/// @param rate the learning rate
public record Adagrad(double rate) implements Optimizer {
  static final double EPSILON = 1e-10;
  private static final String SUM = "optimizer.sum.";

  @Override
  public String spec() {
    return "adagrad:" + rate;
  }

  @Override
  public void update(Trace t, Map<String, Tensor> gradients, Tensor lr) {
    gradients.forEach((name, gradient) -> update(t, name, gradient, lr));
  }

  static void update(Trace t, String name, Tensor gradient, Tensor lr) {
    Tensor sum = summed(t, name, gradient);
    t.assign(SUM + name, sum);
    t.assign(name, moved(t, name, gradient, sum, lr));
  }

  /// The parameter's entry for the sum of squares, as a first sweep leaves it.
  static Tensor summed(Trace t, String name, Tensor gradient) {
    return t.add(sum(t, name), t.mul(gradient, gradient));
  }

  /// The parameter after the step.
  static Tensor moved(Trace t, String name, Tensor gradient, Tensor sum, Tensor lr) {
    Tensor step = t.div(t.mul(gradient, lr), t.add(t.sqrt(sum), EPSILON));
    return t.sub(t.stateValue(name), step);
  }

  static Tensor sum(Trace t, String name) {
    return t.state(
        sumOf(name), Role.OPTIMIZER, t.stateValue(name).type(), new Init.Fill(0));
  }

  static String sumOf(String name) {
    return SUM + name;
  }
}
