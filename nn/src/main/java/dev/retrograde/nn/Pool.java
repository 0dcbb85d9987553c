package dev.retrograde.nn;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Type;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// The largest or the mean element of each window of images `[n, h, w, c]`, channel by channel.
/// Padding takes no part: a window at the border has fewer elements.
///
/// Made by [Layers#maxPool] and [Layers#averagePool]: the stride is the window's size, no padding;
/// rows and columns that fill no window are left out.
public final class Pool implements Layer {
  private final boolean max;
  private final Window window;
  private final String line;

  Pool(boolean max, Window window, String line) {
    this.max = max;
    this.window = window;
    this.line = line;
  }

  public Pool stride(int s) {
    return new Pool(max, window.stride(s, s), line);
  }

  public Pool pad(Padding p) {
    return new Pool(max, window.padding(p), line);
  }

  public Pool pad(int n) {
    return pad(Padding.all(n));
  }

  @Override
  public String kind() {
    return max ? "maxPool" : "averagePool";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    if (x.rank() != 4) {
      throw Site.misfit(t, kind(), line, "images [n, h, w, c]", x, "Put it before flatten().");
    }
    Geometry g = window.geometry(1);
    if (max) {
      return t.maxPool(x, g);
    }
    Tensor sum = t.windowSum(x, g);
    if (window.padding().equals(Padding.valid())) {
      return t.mul(sum, 1.0 / (g.kernelH() * g.kernelW()));
    }
    return t.mul(sum, t.op(new MoveOp.Literal(shares(g, x))));
  }

  /// `[h', w', 1]`: one over the number of image elements in each window.
  private static HostTensor shares(Geometry g, Tensor x) {
    int h = g.outH(x.dim(1));
    int w = g.outW(x.dim(2));
    HostTensor out = HostTensor.zeros(Type.of(x.dtype(), h, w, 1));
    for (int i = 0; i < h * w; i++) {
      int rows = inside(i / w * g.strideH() - g.top(), g.kernelH(), g.dilationH(), x.dim(1));
      int columns = inside(i % w * g.strideW() - g.left(), g.kernelW(), g.dilationW(), x.dim(2));
      out.set(i, 1.0 / Math.max(1, rows * columns));
    }
    return out;
  }

  private static int inside(int from, int kernel, int dilation, int size) {
    int n = 0;
    for (int k = 0; k < kernel; k++) {
      int at = from + k * dilation;
      n += at >= 0 && at < size ? 1 : 0;
    }
    return n;
  }
}
