package dev.retrograde.callback;

import java.util.Arrays;
import java.util.Set;

/// Operators on images `[n, h, w, c]`. Convolution and average pooling are one [Product] each,
/// maximum pooling is a move of elements.
public final class Vision {
  private final Ops op;

  public Vision(Ops op) {
    this.op = op;
  }

  /// Windows over an image.
  ///
  /// @param height of a window, and `width`
  /// @param stride from one to the next, both ways
  /// @param pad rows and columns added on every side
  public record Window(int height, int width, int stride, int pad) {
    public Window {
      if (height < 1 || width < 1 || stride < 1 || pad < 0) {
        throw new IllegalArgumentException(
            "a window of "
                + height
                + " x "
                + width
                + ", stride "
                + stride
                + ", pad "
                + pad
                + "; expected at least 1, 1, 1, 0");
      }
    }

    int down(int h) {
      return (h + 2 * pad - height) / stride + 1;
    }

    int across(int w) {
      return (w + 2 * pad - width) / stride + 1;
    }
  }

  /// Convolution without bias, which [Ops#add] adds.
  ///
  /// @param x `[n, h, w, c]`
  /// @param filters `[out, kh, kw, c]`
  public void conv2d(Var x, Var filters, int stride, int pad, Cont<Var> k) {
    Array f = op.x(filters);
    if (f.rank() != 4 || op.x(x).rank() != 4 || f.dim(3) != x.x.dim(3)) {
      throw Place.fail(
          "expected [n, h, w, c] and filters [out, kh, kw, c] of the same c, found "
              + x
              + " and "
              + f);
    }
    Window w = new Window(f.dim(1), f.dim(2), stride, pad);
    int n = x.x.dim(0);
    int c = x.x.dim(3);
    int[] shape = output(x, w, f.dim(0));
    padded(
        x,
        pad,
        p -> {
          int[] s = Index.strides(p.x.shape);
          int[] so = Index.strides(shape);
          int[] sf = Index.strides(f.shape);
          op.product(
              new Product(
                  new int[] {n, shape[1], shape[2], shape[3], f.dim(1), f.dim(2), c},
                  new int[] {so[0], so[1], so[2], so[3], 0, 0, 0},
                  new int[] {s[0], s[1] * stride, s[2] * stride, 0, s[1], s[2], s[3]},
                  new int[] {0, 0, 0, sf[0], sf[1], sf[2], sf[3]}),
              shape,
              p,
              filters,
              k);
        });
  }

  /// Means over windows; a border of zeros counts.
  public void avgPool(Var x, Window w, Cont<Var> k) {
    int[] shape = output(x, w, op.x(x).rank() == 4 ? x.x.dim(3) : 0);
    padded(
        x,
        w.pad,
        p -> {
          int[] s = Index.strides(p.x.shape);
          int[] so = Index.strides(shape);
          op.product(
              new Product(
                  new int[] {shape[0], shape[1], shape[2], shape[3], w.height, w.width},
                  new int[] {so[0], so[1], so[2], so[3], 0, 0},
                  new int[] {s[0], s[1] * w.stride, s[2] * w.stride, s[3], s[1], s[2]},
                  new int[6]),
              shape,
              p,
              op.constant(1.0 / (w.height * w.width)),
              k);
        });
  }

  /// Maxima over windows; a border never wins. Of equal elements the first one takes the gradient.
  public void maxPool(Var x, Window w, Cont<Var> k) {
    int[] shape = output(x, w, op.x(x).rank() == 4 ? x.x.dim(3) : 0);
    if (w.pad >= Math.min(w.height, w.width)) {
      throw Place.fail(
          "a border of " + w.pad + " holds whole windows; expected less than a window");
    }
    op.gather(x, shape, Index.of(shape, ix -> largest(x.x, w, ix)), k);
  }

  private static int largest(Array x, Window w, int[] ix) {
    int best = -1;
    for (int i = 0; i < w.height; i++) {
      for (int j = 0; j < w.width; j++) {
        int row = ix[1] * w.stride + i - w.pad;
        int column = ix[2] * w.stride + j - w.pad;
        if (row < 0 || row >= x.dim(1) || column < 0 || column >= x.dim(2)) {
          continue;
        }
        int at = ((ix[0] * x.dim(1) + row) * x.dim(2) + column) * x.dim(3) + ix[3];
        if (best < 0 || x.v[at] > x.v[best] || Double.isNaN(x.v[at])) {
          best = at;
        }
      }
    }
    return best;
  }

  /// Means over height and width: `[n, h, w, c]` gives `[n, c]`.
  public void globalAvgPool(Var x, Cont<Var> k) {
    output(x, new Window(1, 1, 1, 0), 1);
    op.mean(x, Set.of(1, 2), k);
  }

  private int[] output(Var x, Window w, int channels) {
    int[] s = op.x(x).shape;
    if (s.length != 4) {
      throw Place.fail("expected [n, h, w, c], found " + x);
    }
    if (s[1] + 2 * w.pad < w.height || s[2] + 2 * w.pad < w.width) {
      throw Place.fail(w + " does not fit into " + Arrays.toString(s));
    }
    return new int[] {s[0], w.down(s[1]), w.across(s[2]), channels};
  }

  private void padded(Var x, int pad, Cont<Var> k) {
    if (pad == 0) {
      k.run(x);
      return;
    }
    int[] s = x.x.shape;
    int[] out = {s[0], s[1] + 2 * pad, s[2] + 2 * pad, s[3]};
    int[] index =
        Index.of(
            out,
            ix -> {
              int row = ix[1] - pad;
              int column = ix[2] - pad;
              return row < 0 || row >= s[1] || column < 0 || column >= s[2]
                  ? -1
                  : ((ix[0] * s[1] + row) * s[2] + column) * s[3] + ix[3];
            });
    op.gather(x, out, index, k);
  }

  /// What batch normalisation computes in training.
  ///
  /// @param y the normalised batch
  /// @param mean of each channel, and `variance` (divided by the number of samples): what running
  ///   statistics move towards
  public record Normalised(Var y, Var mean, Var variance) {}

  /// Batch normalisation over all axes but the last, in training: of vectors `[n, c]` and images
  /// alike.
  ///
  /// @param gamma factor of each channel, and `beta`, its summand
  /// @param epsilon added to the variance
  public void batchNorm(Var x, Var gamma, Var beta, double epsilon, Cont<Normalised> k) {
    int rank = op.x(x).rank();
    if (rank < 2) {
      throw Place.fail("expected [..., channels] with samples, found " + x);
    }
    Set<Integer> axes =
        java.util.stream.IntStream.range(0, rank - 1)
            .boxed()
            .collect(java.util.stream.Collectors.toSet());
    op.mean(
        x,
        axes,
        mean ->
            op.sub(
                x,
                mean,
                d ->
                    op.square(
                        d,
                        q ->
                            op.mean(
                                q,
                                axes,
                                variance ->
                                    standardised(
                                        d,
                                        variance,
                                        gamma,
                                        beta,
                                        epsilon,
                                        y -> k.run(new Normalised(y, mean, variance)))))));
  }

  /// Batch normalisation by given statistics, in evaluation.
  public void normalise(
      Var x, Var mean, Var variance, Var gamma, Var beta, double epsilon, Cont<Var> k) {
    op.sub(x, mean, d -> standardised(d, variance, gamma, beta, epsilon, k));
  }

  private void standardised(Var d, Var variance, Var gamma, Var beta, double epsilon, Cont<Var> k) {
    op.shift(
        variance,
        epsilon,
        v ->
            op.sqrt(
                v, s -> op.div(d, s, z -> op.mul(z, gamma, scaled -> op.add(scaled, beta, k)))));
  }
}
