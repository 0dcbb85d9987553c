package dev.retrograde.pass;

import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Mem;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Writer;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.List;

/// Writes the data gradient of a convolution with few input channels: each element of `dy` adds its
/// patch to the images.
///
/// Lanes run along taps and channels of one filter row, which lie side by side in filters and
/// images alike, so six channels by five taps fill two vectors where lanes along channels alone
/// would leave ten of sixteen empty; and no product meets a zero of a border.
///
/// Order of sums: each patch element sums over output channels, then patches are added in the order
/// of their pixels, row by row. Tiles and lanes do not show in the bits.
final class ScatterSchedule {
  private final Geometry g;
  private final View dy;
  private final View filters;
  private final View images;
  private final DType dtype;
  private final int width;
  private final int budget;

  /// @param images zeros are written to it first; padding included, so that every patch fits
  ScatterSchedule(
      Geometry g, View dy, View filters, View images, DType dtype, int lanes, int registers) {
    this.g = g;
    this.dy = dy;
    this.filters = filters;
    this.images = images;
    this.dtype = dtype;
    this.width = lanes;
    this.budget = lanes == 1 ? 8 : registers - 4;
  }

  /// Whether this form pays: few input channels and a filter row that fills lanes. From the shape
  /// alone, since the order of sums depends on it.
  static boolean suits(Geometry g, int inputChannels) {
    return g.groups() == 1 && g.dilationW() == 1 && inputChannels <= 8 && g.kernelW() > 1;
  }

  Kernel write(Evaluator e) {
    Writer w = e.writer();
    int pd = e.param(dy.buf());
    int pf = e.param(filters.buf());
    int px = e.param(images.buf());
    int channels = images.dims().get(3);
    int row = channels * g.kernelW();
    int vectors = (row + width - 1) / width;
    int panel = Math.min(vectors, budget);
    int taps = Math.max(1, Math.min(g.kernelH(), budget / panel));
    // Patches overlap along a row: all of one pixel's vectors come before the next pixel's.
    int pixels = panel < vectors ? 1 : Math.max(1, Math.min(2, budget / (panel * taps)));
    int outH = dy.dims().get(1);
    int outW = dy.dims().get(2);
    Affine image = Affine.var(0).times(images.strides().get(0)).plus(images.offset());
    zero(w, px, image);
    w.loop(
        outH,
        y -> {
          Affine dyRow =
              Affine.var(0)
                  .times(dy.strides().get(0))
                  .plus(Affine.var(y).times(dy.strides().get(1)))
                  .plus(dy.offset());
          Affine imageRow = image.plus(Affine.var(y).times(g.strideH() * images.strides().get(1)));
          for (int ky = 0; ky < g.kernelH(); ky += taps) {
            int rows = Math.min(taps, g.kernelH() - ky);
            int first = ky;
            int whole = outW / pixels;
            if (whole > 0) {
              w.loop(
                  whole,
                  x -> {
                    for (int v = 0; v < vectors; v += panel) {
                      int count = Math.min(panel, vectors - v);
                      Affine at = Affine.var(x).times(pixels);
                      tile(w, pd, pf, px, dyRow, imageRow, at, pixels, first, rows, v, count, row);
                    }
                  });
            }
            for (int x = whole * pixels; x < outW; x++) {
              for (int v = 0; v < vectors; v += panel) {
                int count = Math.min(panel, vectors - v);
                tile(w, pd, pf, px, dyRow, imageRow, Affine.of(x), 1, first, rows, v, count, row);
              }
            }
          }
        });
    return w.finish(dy.dims().get(0));
  }

  private void zero(Writer w, int px, Affine image) {
    int size = Math.toIntExact(images.strides().get(0));
    Reg zero = w.constant(dtype, 0);
    int whole = size / width;
    if (whole > 0) {
      w.loop(whole, i -> w.store(px, image.plus(Affine.var(i).times(width)), zero, 1, width, null));
    }
    if (size % width > 0) {
      w.store(px, image.plus((long) whole * width), zero, 1, size % width, null);
    }
  }

  /// Patches of some pixels: filter rows `ky` on, vectors `from` on of each.
  private void tile(
      Writer w,
      int pd,
      int pf,
      int px,
      Affine dyRow,
      Affine imageRow,
      Affine x,
      int pixels,
      int ky,
      int rows,
      int from,
      int count,
      int row) {
    Reg[][][] acc = new Reg[pixels][rows][count];
    for (Reg[][] a : acc) {
      for (Reg[] b : a) {
        for (int v = 0; v < count; v++) {
          b[v] = w.variable(dtype, new Code.Const(0));
        }
      }
    }
    int channels = dy.dims().get(3);
    w.loop(
        channels,
        co -> {
          for (int p = 0; p < pixels; p++) {
            Affine at =
                dyRow
                    .plus(x.plus(p).times(dy.strides().get(2)))
                    .plus(Affine.var(co).times(dy.strides().get(3)));
            Reg d = w.broadcast(pd, at);
            for (int r = 0; r < rows; r++) {
              for (int v = 0; v < count; v++) {
                int lane = (from + v) * width;
                Affine f =
                    Affine.var(co)
                        .times(filters.strides().get(0))
                        .plus(filters.offset() + (ky + r) * filters.strides().get(1) + lane);
                Reg t = acc[p][r][v];
                Reg weight = w.load(pf, f, 1, Math.min(width, row - lane), null);
                w.set(t, new Code.Apply(Primitive.FMA, List.of(d, weight, t)));
              }
            }
          }
        });
    for (int p = 0; p < pixels; p++) {
      for (int r = 0; r < rows; r++) {
        for (int v = 0; v < count; v++) {
          int lane = (from + v) * width;
          int active = Math.min(width, row - lane);
          Affine at =
              imageRow
                  .plus(x.plus(p).times(g.strideW() * images.strides().get(2)))
                  .plus((ky + r) * (long) g.dilationH() * images.strides().get(1) + lane);
          Reg old = w.variable(dtype, new Code.Load(new Mem(px, at), 1, active, null));
          Reg sum = w.variable(dtype, new Code.Apply(Primitive.ADD, List.of(old, acc[p][r][v])));
          w.store(px, at, sum, 1, active, null);
        }
      }
    }
  }
}
