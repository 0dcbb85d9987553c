package dev.retrograde.nn;

import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// Convolution of images `x: [n, h, w, c]` to `[n, h', w', out]`, with `weight: [out, kernelH,
/// kernelW, c / groups]` and `bias: [out]`.
///
/// Made by [Layers#conv2d]: stride 1, padding that keeps the size, no dilation, one group, a bias.
public final class Conv2d implements Layer {
  private final int out;
  private final Window window;
  private final int groups;
  private final boolean bias;
  private final Initializer init;
  private final String line;

  Conv2d(int out, Window window, int groups, boolean bias, Initializer init, String line) {
    if (out < 1 || groups < 1 || out % groups != 0) {
      throw new IllegalArgumentException(
          "conv2d: expected output channels of at least 1 that the groups divide, found "
              + out
              + " channels in "
              + groups
              + " groups");
    }
    this.out = out;
    this.window = window;
    this.groups = groups;
    this.bias = bias;
    this.init = init;
    this.line = line;
  }

  private Conv2d with(Window w) {
    return new Conv2d(out, w, groups, bias, init, line);
  }

  public Conv2d stride(int s) {
    return stride(s, s);
  }

  public Conv2d stride(int h, int w) {
    return with(window.stride(h, w));
  }

  public Conv2d pad(Padding p) {
    return with(window.padding(p));
  }

  /// The same number of zeros on all four sides.
  public Conv2d pad(int n) {
    return pad(Padding.all(n));
  }

  /// No padding.
  public Conv2d valid() {
    return pad(Padding.valid());
  }

  public Conv2d dilation(int d) {
    return with(window.dilation(d, d));
  }

  /// Channel groups that do not see each other.
  public Conv2d groups(int g) {
    return new Conv2d(out, window, g, bias, init, line);
  }

  public Conv2d noBias() {
    return new Conv2d(out, window, groups, false, init, line);
  }

  public Conv2d init(Initializer weight) {
    return new Conv2d(out, window, groups, bias, weight, line);
  }

  @Override
  public String kind() {
    return "conv";
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    if (x.rank() != 4 || x.dim(3) % groups != 0) {
      throw Site.misfit(
          t,
          "conv2d",
          line,
          "images [n, h, w, c]"
              + (groups == 1 ? "" : " with channels that " + groups + " groups divide"),
          x,
          "Reshape the input to channels last, or choose other groups.");
    }
    int kh = window.kernelH();
    int kw = window.kernelW();
    int in = x.dim(3) / groups;
    long taps = (long) kh * kw;
    Init start = init.of(taps * in, taps * (out / groups));
    Tensor weight = t.parameter("weight", x.dtype(), start, out, kh, kw, in);
    Tensor y = t.conv2d(x, weight, window.geometry(groups));
    return bias ? t.add(y, t.parameter("bias", x.dtype(), new Init.Fill(0), out)) : y;
  }
}
