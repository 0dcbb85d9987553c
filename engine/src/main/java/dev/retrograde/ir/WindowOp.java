package dev.retrograde.ir;

import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MapOp.Derivatives;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reductions over windows of images `[n, h, w, c]`. Padding takes no part.
public sealed interface WindowOp extends Op {

  /// Largest element of each window, and (u8) which one it was, counted row by row in the window:
  /// the first of equal ones, NaN before numbers.
  record WindowMax(Geometry g) implements WindowOp {
    public WindowMax {
      if (g.kernelH() * g.kernelW() > 256) {
        throw new IllegalArgumentException("a window of more than 256 elements");
      }
    }

    @Override
    public List<Type> infer(List<Type> in) {
      Type y = Windows.out(g, in.get(0));
      return List.of(y, y.with(DType.U8));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      Type x = n.operand(0).type();
      return MoveOp.Moves.linear(
          cots.get(0), dy -> e.add(new WindowUnpick(g, x.extents()), dy, n.results().get(1)));
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      Value dx = tangents.get(0);
      if (dx != null) {
        out.set(0, e.add(new WindowPick(g), dx, n.results().get(1)));
      }
      return out;
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor x = in.get(0);
      HostTensor y = HostTensor.fill(results.get(0), i -> Double.NEGATIVE_INFINITY);
      HostTensor which = HostTensor.zeros(results.get(1));
      boolean[] seen = new boolean[y.size()];
      Windows.each(
          g,
          x.type(),
          y.type(),
          (xi, k, yi) -> {
            double v = x.get(xi);
            if (!seen[yi] || v > y.get(yi) || (Double.isNaN(v) && !Double.isNaN(y.get(yi)))) {
              seen[yi] = true;
              y.set(yi, v);
              which.set(yi, k);
            }
          });
      return List.of(y, which);
    }
  }

  /// The element of each window that an index (u8) names: linear in the images.
  record WindowPick(Geometry g) implements WindowOp {
    @Override
    public List<Type> infer(List<Type> in) {
      Type y = Windows.out(g, in.get(0));
      Windows.indices(y, in.get(1));
      return List.of(y);
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      Value dy = cots.get(0);
      if (dy != null) {
        Type x = n.operand(0).type();
        out.set(0, e.add(new WindowUnpick(g, x.extents()), dy, n.operand(1)));
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return MoveOp.Moves.linear(tangents.get(0), dx -> e.add(this, dx, n.operand(1)));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor y = HostTensor.zeros(results.get(0));
      Windows.each(
          g,
          in.get(0).type(),
          y.type(),
          (xi, k, yi) -> {
            if (in.get(1).get(yi) == k) {
              y.set(yi, in.get(0).get(xi));
            }
          });
      return List.of(y);
    }
  }

  /// Adds each element of `dy` to the image element that its index (u8) names: the transpose of
  /// [WindowPick].
  record WindowUnpick(Geometry g, List<Extent> images) implements WindowOp {
    @Override
    public List<Type> infer(List<Type> in) {
      Type x = in.get(0).with(images);
      Windows.same(Windows.out(g, x), in.get(0));
      Windows.indices(in.get(0), in.get(1));
      return List.of(x);
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      Value dx = cots.get(0);
      if (dx != null) {
        out.set(0, e.add(new WindowPick(g), dx, n.operand(1)));
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return MoveOp.Moves.linear(tangents.get(0), dy -> e.add(this, dy, n.operand(1)));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor x = HostTensor.zeros(results.get(0));
      Windows.each(
          g,
          x.type(),
          in.get(0).type(),
          (xi, k, yi) -> {
            if (in.get(1).get(yi) == k) {
              x.set(xi, x.get(xi) + in.get(0).get(yi));
            }
          });
      return List.of(x);
    }
  }

  /// Sum of each window.
  record WindowSum(Geometry g) implements WindowOp {
    @Override
    public List<Type> infer(List<Type> in) {
      return List.of(Windows.out(g, in.get(0)));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      Type x = n.operand(0).type();
      return MoveOp.Moves.linear(cots.get(0), dy -> e.add(new WindowSpread(g, x.extents()), dy));
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return MoveOp.Moves.linear(tangents.get(0), dx -> e.add(this, dx));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      double[] acc = new double[Math.toIntExact(results.get(0).size())];
      Windows.each(
          g, in.get(0).type(), results.get(0), (xi, k, yi) -> acc[yi] += in.get(0).get(xi));
      return List.of(HostTensor.fill(results.get(0), i -> acc[i]));
    }
  }

  /// Adds each element of `dy` to every element of its window: the transpose of [WindowSum].
  record WindowSpread(Geometry g, List<Extent> images) implements WindowOp {
    @Override
    public List<Type> infer(List<Type> in) {
      Type x = in.get(0).with(images);
      Windows.same(Windows.out(g, x), in.get(0));
      return List.of(x);
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return MoveOp.Moves.linear(cots.get(0), dx -> e.add(new WindowSum(g), dx));
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return MoveOp.Moves.linear(tangents.get(0), dy -> e.add(this, dy));
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      double[] acc = new double[Math.toIntExact(results.get(0).size())];
      Windows.each(
          g, results.get(0), in.get(0).type(), (xi, k, yi) -> acc[xi] += in.get(0).get(yi));
      return List.of(HostTensor.fill(results.get(0), i -> acc[i]));
    }
  }

  /// Which image elements lie in which window.
  final class Windows {
    private Windows() {}

    interface Visitor {
      void element(int image, int inWindow, int out);
    }

    static Type out(Geometry g, Type x) {
      if (x.rank() != 4 || g.groups() != 1) {
        throw new IllegalArgumentException("windows slide over images [n, h, w, c], found " + x);
      }
      LinearOp.Taps.sized(x, List.of(1, 2));
      return x.with(
          List.of(
              x.extents().get(0),
              Extent.of(g.outH(x.dim(1))),
              Extent.of(g.outW(x.dim(2))),
              x.extents().get(3)));
    }

    static void same(Type expected, Type found) {
      if (!expected.equals(found)) {
        throw new IllegalArgumentException("expected " + expected + ", found " + found);
      }
    }

    static void indices(Type y, Type which) {
      same(y.with(DType.U8), which);
    }

    static void each(Geometry g, Type x, Type y, Visitor v) {
      int o = 0;
      for (int n = 0; n < y.dim(0); n++) {
        for (int oy = 0; oy < y.dim(1); oy++) {
          for (int ox = 0; ox < y.dim(2); ox++) {
            for (int c = 0; c < y.dim(3); c++, o++) {
              for (int ky = 0; ky < g.kernelH(); ky++) {
                for (int kx = 0; kx < g.kernelW(); kx++) {
                  int iy = oy * g.strideH() - g.top() + ky * g.dilationH();
                  int ix = ox * g.strideW() - g.left() + kx * g.dilationW();
                  if (iy >= 0 && iy < x.dim(1) && ix >= 0 && ix < x.dim(2)) {
                    v.element(
                        ((n * x.dim(1) + iy) * x.dim(2) + ix) * x.dim(3) + c,
                        ky * g.kernelW() + kx,
                        o);
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
