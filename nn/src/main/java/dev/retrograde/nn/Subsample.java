package dev.retrograde.nn;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;

/// Every `stride`-th row and column, and zero channels on both sides up to `channels`: the shortcut
/// without parameters of He et al., "Deep residual learning", CVPR 2016, option A.
record Subsample(int stride, int channels, String line) implements Layer {
  @Override
  public String kind() {
    return "subsample";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    if (x.rank() != 4 || x.dim(3) > channels) {
      throw Site.misfit(
          t,
          kind(),
          line,
          "images [n, h, w, c] with at most " + channels + " channels",
          x,
          "Use a convolution of kernel 1 where channels become fewer.");
    }
    Tensor y = x;
    if (stride > 1) {
      int h = (x.dim(1) + stride - 1) / stride;
      int w = (x.dim(2) + stride - 1) / stride;
      y =
          t.op(
              new MoveOp.Slice(
                  List.of(0, 0, 0, 0),
                  List.of(x.dim(0), h, w, x.dim(3)),
                  List.of(1, stride, stride, 1)),
              x);
    }
    int more = channels - x.dim(3);
    if (more > 0) {
      y =
          t.op(
              new MoveOp.Pad(
                  List.of(0, 0, 0, more / 2),
                  List.of(0, 0, 0, more - more / 2),
                  List.of(0, 0, 0, 0),
                  0),
              y);
    }
    return y;
  }
}
