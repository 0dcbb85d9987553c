package dev.retrograde.nn.update;

import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.Map;

/// Adagrad (Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and
/// stochastic optimization", JMLR 2011, figure 1, diagonal form):
///
///     s' = s + g g        p' = p - lr g / sqrt(s' + epsilon)
///
/// Departs from the paper in epsilon's place, inside the root, and in clipping, where each element
/// of the gradient is first held between `-clip` and `clip`. Decay adds `w p` to the clipped
/// gradient.
public final class Adagrad implements Optimizer {
  private final double rate;
  private final double epsilon;
  private final double clip;
  private final Decay decay;

  Adagrad(double rate, double epsilon, double clip, Decay decay) {
    if (!(rate > 0) || !(epsilon > 0) || !(clip > 0)) {
      throw new IllegalArgumentException(
          "adagrad: expected a rate, an epsilon and a clip above 0, found "
              + rate
              + ", "
              + epsilon
              + " and "
              + clip);
    }
    this.rate = rate;
    this.epsilon = epsilon;
    this.clip = clip;
    this.decay = decay;
  }

  public Adagrad epsilon(double e) {
    return new Adagrad(rate, e, clip, decay);
  }

  /// Holds each element of the gradient between `-most` and `most`.
  public Adagrad clip(double most) {
    return new Adagrad(rate, epsilon, most, decay);
  }

  public Adagrad weightDecay(double w) {
    return new Adagrad(rate, epsilon, clip, decay.rate(w));
  }

  /// Parameters whose names match do not decay.
  public Adagrad except(String glob) {
    return new Adagrad(rate, epsilon, clip, decay.except(glob));
  }

  @Override
  public double rate() {
    return rate;
  }

  @Override
  public String spec() {
    return "adagrad:"
        + rate
        + (epsilon == 1e-8 ? "" : ":epsilon=" + epsilon)
        + (Double.isInfinite(clip) ? "" : ":clip=" + clip)
        + decay.spec();
  }

  @Override
  public void update(Trace t, Map<String, Tensor> gradients, Tensor lr) {
    gradients.forEach((name, gradient) -> {
      Tensor p = t.stateValue(name);
      double w = decay.of(name);
      Tensor held = held(t, gradient);
      Tensor g = w == 0 ? held : t.add(held, t.mul(p, w));
      String slot = "optimizer.squares." + name;
      Tensor squares =
          t.add(t.state(slot, Role.OPTIMIZER, p.type(), new Init.Fill(0)), t.mul(g, g));
      t.assign(slot, squares);
      Tensor move = t.div(t.mul(g, t.cast(lr, p.dtype())), t.sqrt(t.add(squares, epsilon)));
      t.assign(name, t.sub(p, move));
    });
  }

  private Tensor held(Trace t, Tensor g) {
    if (Double.isInfinite(clip)) {
      return g;
    }
    Tensor below = t.apply(Functions.MINIMUM, g, t.constant(g.dtype(), clip));
    return t.apply(Functions.MAXIMUM, below, t.constant(g.dtype(), -clip));
  }
}
