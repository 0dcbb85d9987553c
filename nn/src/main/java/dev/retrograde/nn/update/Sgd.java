package dev.retrograde.nn.update;

import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.Map;

/// Stochastic gradient descent: with gradient `g`, parameter `p`, decay `w`, momentum `m`,
///
///     g' = g + w p        v' = m v + g'        p' = p - lr v'
///
/// and with Nesterov's momentum `p' = p - lr (g' + m v')`. `v` starts at 0 (Sutskever et al., "On the
/// importance of initialization and momentum", ICML 2013, in the form in which the rate stands
/// outside of the velocity).
public final class Sgd implements Optimizer {
  private final double rate;
  private final double momentum;
  private final boolean nesterov;
  private final Decay decay;

  Sgd(double rate, double momentum, boolean nesterov, Decay decay) {
    if (!(rate > 0) || !(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException(
          "sgd: expected a rate above 0 and a momentum of at least 0 and below 1, found "
              + rate
              + " and "
              + momentum);
    }
    this.rate = rate;
    this.momentum = momentum;
    this.nesterov = nesterov;
    this.decay = decay;
  }

  public Sgd momentum(double m) {
    return new Sgd(rate, m, nesterov, decay);
  }

  public Sgd nesterov() {
    return new Sgd(rate, momentum, true, decay);
  }

  public Sgd weightDecay(double w) {
    return new Sgd(rate, momentum, nesterov, decay.rate(w));
  }

  /// Parameters whose names match do not decay.
  public Sgd except(String glob) {
    return new Sgd(rate, momentum, nesterov, decay.except(glob));
  }

  @Override
  public double rate() {
    return rate;
  }

  @Override
  public String spec() {
    return "sgd:"
        + rate
        + (momentum == 0 ? "" : ":momentum=" + momentum)
        + (nesterov ? ":nesterov" : "")
        + decay.spec();
  }

  @Override
  public void update(Trace t, Map<String, Tensor> gradients, Tensor lr) {
    gradients.forEach((name, gradient) -> {
      Tensor p = t.stateValue(name);
      double w = decay.of(name);
      Tensor g = w == 0 ? gradient : t.add(gradient, t.mul(p, w));
      if (momentum > 0) {
        String slot = "optimizer.momentum." + name;
        Tensor v = t.state(slot, Role.OPTIMIZER, p.type(), new Init.Fill(0));
        Tensor next = t.add(t.mul(v, momentum), g);
        t.assign(slot, next);
        g = nesterov ? t.add(g, t.mul(next, momentum)) : next;
      }
      t.assign(name, t.sub(p, t.mul(g, t.cast(lr, p.dtype()))));
    });
  }
}
