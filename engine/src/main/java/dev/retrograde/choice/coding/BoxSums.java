package dev.retrograde.choice.coding;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.LinearOp.ConvFilterGrad;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.WindowOp.WindowSum;
import java.util.ArrayList;
import java.util.List;

/// The filter gradient of a convolution from block averages of its images.
///
/// Let z be the averages and g the cotangents. For tap t the gradient is the sum over images and
/// blocks b of `D_t[b] z[b]`, where `D_t[b]` adds the g of all outputs that meet block b through t.
/// [BoxAxis] finds the distinct windows; a tap is a distance at which a row of windows is read. So
/// the sum for all taps of one phase is itself the filter gradient of a convolution: its images are
/// the window sums and its cotangents are z. In this order, and not the other way round, no operand
/// needs a border, which z, being kept, would pay for in memory.
///
/// All phases make equally many windows, so that they are one kernel with one pass over g.
final class BoxSums {
  private final Emit e;
  private final ConvFilterGrad op;
  private final Value z;
  private final Value g;
  private final BoxAxis rows;
  private final BoxAxis columns;

  BoxSums(Emit e, ConvFilterGrad op, int size, Type images, Value z, Value g) {
    this.e = e;
    this.op = op;
    this.z = z;
    this.g = g;
    Geometry c = op.g();
    rows =
        BoxAxis.of(
            images.dim(1), g.type().dim(1), size, c.kernelH(), c.strideH(), c.dilationH(), c.top());
    columns =
        BoxAxis.of(
            images.dim(2),
            g.type().dim(2),
            size,
            c.kernelW(),
            c.strideW(),
            c.dilationW(),
            c.left());
  }

  Value gradient() {
    List<List<Value>> sums = new ArrayList<>();
    for (BoxAxis.Phase y : rows.phases()) {
      sums.add(columns.phases().stream().map(x -> sums(y, x)).toList());
    }
    List<List<Value>> parts = new ArrayList<>();
    for (int y = 0; y < sums.size(); y++) {
      List<Value> row = new ArrayList<>();
      for (int x = 0; x < sums.get(y).size(); x++) {
        row.add(product(sums.get(y).get(x), rows.phases().get(y), columns.phases().get(x)));
      }
      parts.add(row);
    }
    List<Value> taps = new ArrayList<>();
    for (BoxAxis.Place y : rows.taps()) {
      for (BoxAxis.Place x : columns.taps()) {
        taps.add(tap(parts.get(y.phase()).get(x.phase()), y.index(), x.index()));
      }
    }
    Value all =
        taps.size() == 1 ? taps.get(0) : e.add(new MoveOp.Concat(1), taps.toArray(Value[]::new));
    return e.reshape(all, op.filters());
  }

  /// Sums of g over all windows of two phases, `[n, rows, columns, co]`.
  private Value sums(BoxAxis.Phase y, BoxAxis.Phase x) {
    int top = y.first();
    int bottom = y.last(rows.box(), rows.windows());
    int left = x.first();
    int right = x.last(columns.box(), columns.windows());
    Type t = g.type();
    if (bottom <= top || right <= left) {
      return e.zeros(t.with(extents(t.dim(0), rows.windows(), columns.windows(), t.dim(3))));
    }
    Value seen =
        cut(g, List.of(0, top, left, 0), List.of(t.dim(0), bottom - top, right - left, t.dim(3)));
    Geometry windows =
        new Geometry(
            rows.box(),
            columns.box(),
            rows.box(),
            columns.box(),
            top - y.start(),
            y.start() + rows.box() * rows.windows() - bottom,
            left - x.start(),
            x.start() + columns.box() * columns.windows() - right,
            1,
            1,
            1);
    return windows.equals(Geometry.square(1, 1, 0)) ? seen : e.add(new WindowSum(windows), seen);
  }

  /// `[ci, taps, taps, co]` of two phases.
  private Value product(Value sums, BoxAxis.Phase y, BoxAxis.Phase x) {
    Type t = sums.type();
    Value read =
        cut(sums, List.of(0, 0, 0, 0), List.of(t.dim(0), y.windows(), x.windows(), t.dim(3)));
    Geometry slide = new Geometry(y.taps(), x.taps(), 1, 1, 0, 0, 0, 0, y.gap(), x.gap(), 1);
    List<Extent> filters = extents(z.type().dim(3), y.taps(), x.taps(), t.dim(3));
    return e.add(new ConvFilterGrad(slide, filters), read, z);
  }

  /// One tap as `[co, 1, 1, ci]`.
  private Value tap(Value part, int y, int x) {
    Type t = part.type();
    Value one = cut(part, List.of(0, y, x, 0), List.of(t.dim(0), 1, 1, t.dim(3)));
    return e.transpose(one, 3, 1, 2, 0);
  }

  private Value cut(Value v, List<Integer> starts, List<Integer> sizes) {
    return v.type().dims().equals(sizes)
        ? v
        : e.add(new MoveOp.Slice(starts, sizes, List.of(1, 1, 1, 1)), v);
  }

  private static List<Extent> extents(int... dims) {
    List<Extent> out = new ArrayList<>();
    for (int d : dims) {
      out.add(Extent.of(d));
    }
    return out;
  }
}
