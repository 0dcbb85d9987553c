package dev.retrograde.nn.update;

import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.Map;

/// Adam (Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1) and
/// AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2):
///
///     m' = b1 m + (1 - b1) g        v' = b2 v + (1 - b2) g g
///     p' = p - lr (m' / (1 - b1^t)) / (sqrt(v' / (1 - b2^t)) + epsilon)
///
/// Adam adds decay to the gradient (`g + w p`); AdamW instead takes `lr w p` off the parameter. The
/// powers of b1 and b2 are f64 state, since 1 - 0.999 has few digits left in f32.
public final class Adam implements Optimizer {
  private final double rate;
  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private final boolean decoupled;
  private final Decay decay;

  Adam(double rate, double beta1, double beta2, double epsilon, boolean decoupled, Decay decay) {
    if (!(rate > 0) || !(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1) || !(epsilon > 0)) {
      throw new IllegalArgumentException(
          "adam: expected a rate and epsilon above 0 and betas of at least 0 and below 1, found rate "
              + rate
              + ", betas "
              + beta1
              + " and "
              + beta2
              + ", epsilon "
              + epsilon);
    }
    this.rate = rate;
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
    this.decoupled = decoupled;
    this.decay = decay;
  }

  public Adam betas(double b1, double b2) {
    return new Adam(rate, b1, b2, epsilon, decoupled, decay);
  }

  public Adam epsilon(double e) {
    return new Adam(rate, beta1, beta2, e, decoupled, decay);
  }

  public Adam weightDecay(double w) {
    return new Adam(rate, beta1, beta2, epsilon, decoupled, decay.rate(w));
  }

  /// Parameters whose names match do not decay.
  public Adam except(String glob) {
    return new Adam(rate, beta1, beta2, epsilon, decoupled, decay.except(glob));
  }

  @Override
  public double rate() {
    return rate;
  }

  @Override
  public String spec() {
    return (decoupled ? "adamw:" : "adam:")
        + rate
        + (beta1 == 0.9 ? "" : ":beta1=" + beta1)
        + (beta2 == 0.999 ? "" : ":beta2=" + beta2)
        + (epsilon == 1e-8 ? "" : ":epsilon=" + epsilon)
        + decay.spec();
  }

  @Override
  public void update(Trace t, Map<String, Tensor> gradients, Tensor lr) {
    Tensor correct1 = correction(t, "optimizer.beta1Power", beta1);
    Tensor correct2 = correction(t, "optimizer.beta2Power", beta2);
    gradients.forEach((name, gradient) -> {
      Tensor p = t.stateValue(name);
      DType d = p.dtype();
      Tensor step = t.cast(lr, d);
      double w = decay.of(name);
      Tensor g = w == 0 || decoupled ? gradient : t.add(gradient, t.mul(p, w));
      Tensor m = moment(t, "optimizer.mean." + name, beta1, p.type(), g);
      Tensor v = moment(t, "optimizer.square." + name, beta2, p.type(), t.mul(g, g));
      Tensor root = t.sqrt(t.mul(v, t.cast(correct2, d)));
      Tensor move = t.div(t.mul(m, t.cast(correct1, d)), t.add(root, epsilon));
      Tensor kept = w == 0 || !decoupled ? p : t.sub(p, t.mul(p, t.mul(step, w)));
      t.assign(name, t.sub(kept, t.mul(move, step)));
    });
  }

  /// `1 / (1 - beta^t)`, f64; moves the power on.
  private static Tensor correction(Trace t, String slot, double beta) {
    Tensor before = t.state(slot, Role.OPTIMIZER, Type.of(DType.F64), new Init.Fill(1));
    Tensor power = t.mul(before, beta);
    t.assign(slot, power);
    Tensor one = t.constant(DType.F64, 1);
    return t.div(one, t.sub(one, power));
  }

  private static Tensor moment(Trace t, String slot, double beta, Type type, Tensor x) {
    Tensor old = t.state(slot, Role.OPTIMIZER, type, new Init.Fill(0));
    Tensor next = t.add(t.mul(old, beta), t.mul(x, 1 - beta));
    t.assign(slot, next);
    return next;
  }
}
