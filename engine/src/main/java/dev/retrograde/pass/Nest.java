package dev.retrograde.pass;

import dev.retrograde.ir.BitOp;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Type;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A product as a loop nest: `out[o] = sum over r of a[o, r] * b[o, r]`, every place affine.
/// Products, convolutions and both their transposes are such nests and share one schedule.
///
/// @param a left operand, at `aOffset` plus the dims' `a` strides; likewise b
/// @param dims output dims, then reduced ones in the order of summation
/// @param start first index along each axis of the output
record Nest(View a, long aOffset, View b, long bOffset, List<Dim> dims, List<Integer> start) {
  Nest {
    dims = dims.stream().filter(d -> d.extent != 1).toList();
    start = List.copyOf(start);
  }

  /// One loop.
  ///
  /// @param extent iterations
  /// @param a elements that one step moves in the left operand; likewise b
  /// @param axis axis of the output that it moves along, or -1 where it is summed over
  /// @param step indices that one step moves along that axis
  record Dim(int extent, long a, long b, int axis, int step) {
    boolean reduced() {
      return axis < 0;
    }

    Dim swapped() {
      return new Dim(extent, b, a, axis, step);
    }
  }

  Nest swapped() {
    return new Nest(b, bOffset, a, aOffset, dims.stream().map(Dim::swapped).toList(), start);
  }

  List<Dim> outputs() {
    return dims.stream().filter(d -> !d.reduced()).toList();
  }

  List<Dim> reduced() {
    return dims.stream().filter(Dim::reduced).toList();
  }

  /// The nests of a node: one, or one for each phase of a strided data gradient. A data gradient's
  /// nests may leave elements that no output reaches: those have no terms and are zero.
  static List<Nest> of(Node n, View a, View b) {
    if (n.op() instanceof BitOp.BitContract c) {
      return List.of(contract(c.axes(), n, a, b));
    }
    return switch ((LinearOp) n.op()) {
      case LinearOp.Contract c -> List.of(contract(c, n, a, b));
      case LinearOp.Conv c -> List.of(conv(c.g(), n, a, b));
      case LinearOp.ConvDataGrad c -> dataGrad(c.g(), n, a, b);
      case LinearOp.ConvFilterGrad c -> List.of(filterGrad(c.g(), n, a, b));
    };
  }

  private static Nest contract(LinearOp.Contract c, Node n, View a, View b) {
    List<Dim> dims = new ArrayList<>();
    int axis = 0;
    for (int i = 0; i < c.leftBatch().size(); i++) {
      int l = c.leftBatch().get(i);
      dims.add(
          new Dim(
              a.dims().get(l),
              a.strides().get(l),
              b.strides().get(c.rightBatch().get(i)),
              axis++,
              1));
    }
    for (int l : c.leftFree(n.operand(0).type())) {
      dims.add(new Dim(a.dims().get(l), a.strides().get(l), 0, axis++, 1));
    }
    for (int r : c.rightFree(n.operand(1).type())) {
      dims.add(new Dim(b.dims().get(r), 0, b.strides().get(r), axis++, 1));
    }
    for (int i = 0; i < c.leftContract().size(); i++) {
      int l = c.leftContract().get(i);
      dims.add(
          new Dim(
              a.dims().get(l),
              a.strides().get(l),
              b.strides().get(c.rightContract().get(i)),
              -1,
              0));
    }
    return new Nest(a, a.offset(), b, b.offset(), dims, zeros(n));
  }

  private static List<Integer> zeros(Node n) {
    return n.result().type().dims().stream().map(d -> 0).toList();
  }

  private static Nest conv(Geometry g, Node n, View x, View f) {
    Type y = n.result().type();
    int cog = y.dim(3) / g.groups();
    int cig = f.dims().get(3);
    List<Dim> dims = new ArrayList<>();
    List<Long> xs = x.strides();
    List<Long> fs = f.strides();
    dims.add(new Dim(y.dim(0), xs.get(0), 0, 0, 1));
    dims.add(new Dim(y.dim(1), xs.get(1) * g.strideH(), 0, 1, 1));
    dims.add(new Dim(y.dim(2), xs.get(2) * g.strideW(), 0, 2, 1));
    dims.add(new Dim(g.groups(), xs.get(3) * cig, fs.get(0) * cog, 3, cog));
    dims.add(new Dim(cog, 0, fs.get(0), 3, 1));
    dims.add(new Dim(g.kernelH(), xs.get(1) * g.dilationH(), fs.get(1), -1, 0));
    dims.add(new Dim(g.kernelW(), xs.get(2) * g.dilationW(), fs.get(2), -1, 0));
    dims.add(new Dim(cig, xs.get(3), fs.get(3), -1, 0));
    long corner = x.offset() - g.top() * xs.get(1) - g.left() * xs.get(2);
    return new Nest(x, corner, f, f.offset(), dims, zeros(n));
  }

  private static Nest filterGrad(Geometry g, Node n, View x, View dy) {
    Type f = n.result().type();
    int cog = f.dim(0) / g.groups();
    int cig = f.dim(3);
    List<Long> xs = x.strides();
    List<Long> ys = dy.strides();
    List<Dim> dims = new ArrayList<>();
    dims.add(new Dim(g.groups(), xs.get(3) * cig, ys.get(3) * cog, 0, cog));
    dims.add(new Dim(cog, 0, ys.get(3), 0, 1));
    dims.add(new Dim(g.kernelH(), xs.get(1) * g.dilationH(), 0, 1, 1));
    dims.add(new Dim(g.kernelW(), xs.get(2) * g.dilationW(), 0, 2, 1));
    dims.add(new Dim(cig, xs.get(3), 0, 3, 1));
    dims.add(new Dim(dy.dims().get(0), xs.get(0), ys.get(0), -1, 0));
    dims.add(new Dim(dy.dims().get(1), xs.get(1) * g.strideH(), ys.get(1), -1, 0));
    dims.add(new Dim(dy.dims().get(2), xs.get(2) * g.strideW(), ys.get(2), -1, 0));
    long corner = x.offset() - g.top() * xs.get(1) - g.left() * xs.get(2);
    return new Nest(x, corner, dy, dy.offset(), dims, zeros(n));
  }

  /// Taps of one phase along one axis: image index s * i + phase meets output index i + first - j *
  /// apart through kernel tap firstTap + j * tapStep.
  private record Taps(int count, int firstTap, int tapStep, int first, int apart) {}

  private static Taps taps(int phase, int kernel, int stride, int dilation, int pad) {
    int count = 0;
    int firstTap = 0;
    int tapStep = 0;
    int first = 0;
    int apart = 0;
    for (int k = 0; k < kernel; k++) {
      int v = phase + pad - k * dilation;
      if (Math.floorMod(v, stride) == 0) {
        int o = Math.floorDiv(v, stride);
        if (count == 0) {
          firstTap = k;
          first = o;
        } else if (count == 1) {
          tapStep = k - firstTap;
          apart = first - o;
        }
        count++;
      }
    }
    return new Taps(count, firstTap, tapStep, first, apart);
  }

  /// Rows or columns of zeros that the transposed convolution reads before and after `dy`.
  static int[] halo(int size, int out, int kernel, int stride, int dilation, int pad) {
    int low = 0;
    int high = 0;
    for (int phase = 0; phase < Math.min(stride, size); phase++) {
      Taps t = taps(phase, kernel, stride, dilation, pad);
      if (t.count > 0) {
        int n = (size - phase + stride - 1) / stride;
        low = Math.max(low, -(t.first - (t.count - 1) * t.apart));
        high = Math.max(high, t.first + n - 1 - (out - 1));
      }
    }
    return new int[] {low, high};
  }

  private static List<Nest> dataGrad(Geometry g, Node n, View dy, View f) {
    Type x = n.result().type();
    int cig = f.dims().get(3);
    int cog = f.dims().get(0) / g.groups();
    List<Long> ys = dy.strides();
    List<Long> fs = f.strides();
    List<Nest> out = new ArrayList<>();
    for (int py = 0; py < Math.min(g.strideH(), x.dim(1)); py++) {
      for (int px = 0; px < Math.min(g.strideW(), x.dim(2)); px++) {
        Taps ty = taps(py, g.kernelH(), g.strideH(), g.dilationH(), g.top());
        Taps tx = taps(px, g.kernelW(), g.strideW(), g.dilationW(), g.left());
        List<Dim> dims = new ArrayList<>();
        int ny = (x.dim(1) - py + g.strideH() - 1) / g.strideH();
        int nx = (x.dim(2) - px + g.strideW() - 1) / g.strideW();
        dims.add(new Dim(x.dim(0), ys.get(0), 0, 0, 1));
        dims.add(new Dim(ny, ys.get(1), 0, 1, g.strideH()));
        dims.add(new Dim(nx, ys.get(2), 0, 2, g.strideW()));
        dims.add(new Dim(g.groups(), ys.get(3) * cog, fs.get(0) * cog, 3, cig));
        dims.add(new Dim(cig, 0, fs.get(3), 3, 1));
        dims.add(new Dim(ty.count, -ys.get(1) * ty.apart, fs.get(1) * ty.tapStep, -1, 0));
        dims.add(new Dim(tx.count, -ys.get(2) * tx.apart, fs.get(2) * tx.tapStep, -1, 0));
        dims.add(new Dim(cog, ys.get(3), fs.get(0), -1, 0));
        long a = dy.offset() + ty.first * ys.get(1) + tx.first * ys.get(2);
        long b = f.offset() + ty.firstTap * fs.get(1) + tx.firstTap * fs.get(2);
        out.add(new Nest(dy, a, f, b, dims, List.of(0, py, px, 0)));
      }
    }
    return out;
  }

  private static final int MOST_BLOCK = 64;
  private static final int LEAST_BLOCK = 8;

  /// A nest and the dim of it that is to be the outermost loop of its kernels.
  record Led(Nest nest, Dim lead) {}

  /// The nest with blocks of output rows outermost, so that a part of the rows can be had by a part
  /// of the outermost loop; null where its shape does not allow that without giving up tiles.
  ///
  /// @param rows size of the output's first axis
  @Nullable Led led(int rows) {
    List<Dim> first = outputs().stream().filter(d -> d.axis == 0).toList();
    if (first.size() != 1 || first.get(0).extent != rows) {
      return null;
    }
    Dim d = first.get(0);
    boolean alone =
        (d.a == 0) != (d.b == 0)
            && outputs().stream()
                    .filter(o -> (o.a == 0) == (d.a == 0) && (o.b == 0) == (d.b == 0))
                    .count()
                == 1;
    if (!alone) {
      return d.equals(dims.get(0)) ? new Led(this, d) : null;
    }
    int block = ContractionSchedule.divisor(rows, Math.min(MOST_BLOCK, rows / 2));
    if (block < LEAST_BLOCK) {
      return null;
    }
    Dim lead = new Dim(rows / block, d.a * block, d.b * block, 0, d.step * block);
    List<Dim> split = new ArrayList<>(List.of(lead));
    for (Dim o : dims) {
      split.add(o.equals(d) ? new Dim(block, d.a, d.b, 0, d.step) : o);
    }
    return new Led(new Nest(a, aOffset, b, bOffset, split, start), lead);
  }

  /// Multiply-adds.
  long macs() {
    long n = 1;
    for (Dim d : dims) {
      n *= d.extent;
    }
    return n;
  }

  /// Whether a sum has no terms.
  boolean empty() {
    return dims.stream().anyMatch(d -> d.extent == 0);
  }
}
