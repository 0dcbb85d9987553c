package dev.retrograde.bench.task;

import java.util.Map;

/// Whether two contenders do equal work: their losses from equal weights on one batch, step by
/// step.
///
/// @param ours losses of the first contender
/// @param peer losses of the second
public record LossAgreement(float[] ours, float[] peer) {
  /// Copies the losses and checks that there are equally many, at least one.
  public LossAgreement {
    if (ours.length == 0 || ours.length != peer.length) {
      throw new IllegalArgumentException(
          "LossAgreement: expected equally many losses, at least 1, found "
              + (ours.length + " and " + peer.length));
    }
    ours = ours.clone();
    peer = peer.clone();
  }

  /// Sets `first` on both contenders, whose inputs are set already, and runs `steps` steps on each.
  public static LossAgreement after(
      int steps, Contender ours, Contender peer, Map<String, float[]> first) {
    return new LossAgreement(losses(steps, ours, first), losses(steps, peer, first));
  }

  private static float[] losses(int steps, Contender contender, Map<String, float[]> first) {
    contender.setParameters(first);
    float[] losses = new float[steps];
    for (int step = 0; step < steps; step++) {
      losses[step] = contender.step();
    }
    return losses;
  }

  /// The difference of the losses of the first step, measured as in [#worst]: what two sides differ
  /// by whose forward passes are equal and whose backward passes need not be.
  public double first() {
    return difference(0);
  }

  /// The largest difference of two losses of one step, relative where the peer's is above 1; NaN
  /// where a loss is NaN.
  public double worst() {
    double worst = 0;
    for (int step = 0; step < ours.length; step++) {
      worst = Math.max(worst, difference(step));
    }
    return worst;
  }

  private double difference(int step) {
    double scale = Math.max(1, Math.abs(peer[step]));
    return Math.abs((double) ours[step] - peer[step]) / scale;
  }

  @Override
  public float[] ours() {
    return ours.clone();
  }

  @Override
  public float[] peer() {
    return peer.clone();
  }
}
