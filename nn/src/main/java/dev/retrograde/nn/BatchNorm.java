package dev.retrograde.nn;

import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarFn.Primitive;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.stream.IntStream;

/// Batch normalisation (Ioffe and Szegedy, "Batch normalization", ICML 2015): each channel, the
/// last axis of `x`, to mean 0 and variance 1 over all other axes, then times `weight: [c]` plus
/// `bias: [c]`.
///
/// In training the batch's own mean and variance (divided by n) normalise, and the statistics
/// `running_mean` and `running_var` move towards them by `momentum`, the variance divided by n - 1.
/// Elsewhere the statistics normalise.
///
/// **What is kept for backward** is one tensor of the size of `x`, the centred input, and vectors
/// of channels. The gradient through the mean is led through the vectors: in the variance it
/// vanishes, since deviations sum to 0, and in the result it enters by a shift that is 0 in value.
/// So backward needs one pass of sums and one of writing. The gradient is exact, but a program that
/// differentiates *it* would take those zeros for constants: [#twice] traces the plain formula,
/// which differentiates again and costs backward one more pass.
///
/// @param epsilon added to the variance, 1e-5
/// @param momentum weight of the new batch in the statistics, 0 to 1; 0.1
/// @param anyOrder whether the gradient can be differentiated again
/// @param line where the layer was written down
public record BatchNorm(double epsilon, double momentum, boolean anyOrder, String line)
    implements Layer {
  public BatchNorm {
    if (!(epsilon > 0) || !(momentum >= 0 && momentum <= 1)) {
      throw new IllegalArgumentException(
          "batchNorm: expected epsilon above 0 and momentum from 0 to 1, found "
              + epsilon
              + " and "
              + momentum);
    }
  }

  public BatchNorm epsilon(double e) {
    return new BatchNorm(e, momentum, anyOrder, line);
  }

  /// Weight of the new batch; a decay of 0.9 is a momentum of 0.1.
  public BatchNorm momentum(double m) {
    return new BatchNorm(epsilon, m, anyOrder, line);
  }

  /// The plain formula, whose gradient may be differentiated again.
  public BatchNorm twice() {
    return new BatchNorm(epsilon, momentum, true, line);
  }

  @Override
  public String kind() {
    return "batchNorm";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    if (x.rank() < 2) {
      throw Site.misfit(
          t,
          "batchNorm",
          line,
          "a batch with channels last, [n, ..., c]",
          x,
          "Normalise before the last reduction.");
    }
    int c = x.dim(-1);
    Tensor weight = t.parameter("weight", x.dtype(), new Init.Fill(1), c);
    Tensor bias = t.parameter("bias", x.dtype(), new Init.Fill(0), c);
    Type vector = Type.of(x.dtype(), c);
    String meanName = t.dotted("running_mean");
    String varName = t.dotted("running_var");
    Tensor runningMean = t.state(meanName, Role.STATISTIC, vector, new Init.Fill(0));
    Tensor runningVar = t.state(varName, Role.STATISTIC, vector, new Init.Fill(1));
    if (!t.training()) {
      Tensor scale = t.mul(weight, inverseDeviation(t, runningVar));
      Tensor shift = t.sub(bias, t.mul(runningMean, scale));
      return t.apply(Primitive.FMA, x, scale, shift);
    }
    int[] axes = IntStream.range(0, x.rank() - 1).toArray();
    Tensor mean = t.mean(x, axes);
    Tensor centre = anyOrder ? mean : t.stopGradient(mean);
    Tensor centred = t.sub(x, centre);
    Tensor var = t.mean(t.mul(centred, centred), axes);
    move(t, meanName, runningMean, mean, 1);
    double n = (double) x.type().size() / Math.max(1, c);
    move(t, varName, runningVar, var, n / Math.max(1, n - 1));
    Tensor scale = t.mul(weight, inverseDeviation(t, var));
    Tensor shift = anyOrder ? bias : t.sub(bias, t.mul(t.sub(mean, centre), scale));
    return t.apply(Primitive.FMA, centred, scale, shift);
  }

  private Tensor inverseDeviation(Trace t, Tensor var) {
    return t.apply(Functions.RSQRT, t.add(var, epsilon));
  }

  private void move(Trace t, String name, Tensor old, Tensor batch, double correction) {
    Tensor fresh = t.stopGradient(batch);
    t.assign(name, t.add(t.mul(old, 1 - momentum), t.mul(fresh, momentum * correction)));
  }
}
