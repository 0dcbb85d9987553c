package dev.retrograde.bench.libtorch;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// The formula of [dev.retrograde.bench.task.Elementwise].
final class ElementwiseModel implements TorchModel {
  private final Tensor a;
  private final Tensor b;
  private final Tensor c;
  private final Tensor d;
  private final Scalar half;
  private final Scalar one;

  ElementwiseModel(TorchParameters parameters) {
    this.a = parameters.tensor("a");
    this.b = parameters.tensor("b");
    this.c = parameters.tensor("c");
    this.d = parameters.tensor("d");
    try (PointerScope _ = new PointerScope()) {
      this.half = new Scalar(0.5f);
      this.one = new Scalar(1f);
      half.retainReference();
      one.retainReference();
    }
  }

  @Override
  public Tensor loss(Tensor x, Tensor labels) {
    Tensor gate = a.mul(b).add(c).tanh().mul(d.neg().mul(d).exp()).sigmoid();
    Tensor ramp = a.sub(b).relu().mul(half);
    Tensor share = c.div(d.abs().add(one));
    return gate.sub(ramp).add(share).sum();
  }

  @Override
  public void close() {
    half.close();
    one.close();
  }
}
