package dev.retrograde.ir;

import dev.retrograde.ir.MapOp.Derivatives;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Products: ops linear in each of two operands.
public sealed interface LinearOp extends Op {

  /// The general product of two tensors. `batch` axes pair up, `contract` axes pair up and are
  /// summed over; the result has the batch axes, then the free axes of the left operand, then those
  /// of the right.
  ///
  /// The sum runs over the contracted axes in the order given, last fastest, each step one fused
  /// multiply-add, starting from zero.
  ///
  /// @param accumulator type in which terms are multiplied and added, and of the result: f32 or f64
  ///   for floats, i32 or i64 for integers. Null for that of the operands, where bf16 adds in f32
  ///   and is rounded once, and integers wrap
  record Contract(
      List<Integer> leftBatch,
      List<Integer> rightBatch,
      List<Integer> leftContract,
      List<Integer> rightContract,
      @OptionalAttribute @Nullable DType accumulator)
      implements LinearOp {
    /// A product in the type of its operands.
    public Contract(
        List<Integer> leftBatch,
        List<Integer> rightBatch,
        List<Integer> leftContract,
        List<Integer> rightContract) {
      this(leftBatch, rightBatch, leftContract, rightContract, null);
    }

    public Contract {
      leftBatch = List.copyOf(leftBatch);
      rightBatch = List.copyOf(rightBatch);
      leftContract = List.copyOf(leftContract);
      rightContract = List.copyOf(rightContract);
    }

    /// `[m, k] [k, n] -> [m, n]`.
    public static Contract matmul() {
      return new Contract(List.of(), List.of(), List.of(1), List.of(0));
    }

    /// The same product with sums, and so a result, of another type.
    public Contract in(@Nullable DType type) {
      return new Contract(leftBatch, rightBatch, leftContract, rightContract, type);
    }

    public List<Integer> leftFree(Type left) {
      return free(left, leftBatch, leftContract);
    }

    public List<Integer> rightFree(Type right) {
      return free(right, rightBatch, rightContract);
    }

    private static List<Integer> free(Type t, List<Integer> batch, List<Integer> contract) {
      List<Integer> out = new ArrayList<>();
      for (int i = 0; i < t.rank(); i++) {
        if (!batch.contains(i) && !contract.contains(i)) {
          out.add(i);
        }
      }
      return out;
    }

    @Override
    public List<Type> infer(List<Type> in) {
      Type l = in.get(0);
      Type r = in.get(1);
      if (l.dtype() != r.dtype() || l.dtype() == DType.BOOL) {
        throw new IllegalArgumentException(
            "operands have types " + l + " and " + r + "; numbers of one type are expected");
      }
      axes(l, leftBatch, leftContract);
      axes(r, rightBatch, rightContract);
      pairs("batch", l, leftBatch, r, rightBatch);
      pairs("contracted", l, leftContract, r, rightContract);
      List<Extent> out = new ArrayList<>();
      leftBatch.forEach(a -> out.add(l.extents().get(a)));
      leftFree(l).forEach(a -> out.add(l.extents().get(a)));
      rightFree(r).forEach(a -> out.add(r.extents().get(a)));
      return List.of(new Type(Accumulator.result(l.dtype(), accumulator), out));
    }

    static void axes(Type t, List<Integer> batch, List<Integer> contract) {
      java.util.Set<Integer> seen = new java.util.HashSet<>();
      for (List<Integer> some : List.of(batch, contract)) {
        for (int a : some) {
          if (a < 0 || a >= t.rank() || !seen.add(a)) {
            throw new IllegalArgumentException(
                "batch axes "
                    + batch
                    + " and contracted axes "
                    + contract
                    + " name axes of "
                    + t
                    + " once each");
          }
        }
      }
    }

    static void pairs(String what, Type l, List<Integer> la, Type r, List<Integer> ra) {
      if (la.size() != ra.size()) {
        throw new IllegalArgumentException(what + " axes do not pair up: " + la + " and " + ra);
      }
      for (int i = 0; i < la.size(); i++) {
        if (!l.extents().get(la.get(i)).equals(r.extents().get(ra.get(i)))) {
          throw new IllegalArgumentException(
              what
                  + " axes differ: lhs "
                  + l
                  + " axis "
                  + la.get(i)
                  + " = "
                  + l.extents().get(la.get(i))
                  + ", rhs "
                  + r
                  + " axis "
                  + ra.get(i)
                  + " = "
                  + r.extents().get(ra.get(i)));
        }
      }
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      Value dy = cots.get(0);
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      if (dy == null) {
        return out;
      }
      for (int side = 0; side < 2; side++) {
        if (wanted.get(side)) {
          out.set(side, cotangent(e, side, dy, n.operand(1 - side), n.operand(side).type(), 0));
        }
      }
      return out;
    }

    /// The cotangent of one operand, from that of the product and the other operand: a product in
    /// the accumulator's type, rounded to the operand's at its end. With rows, both have that many
    /// axes more in front, over which the cotangents are summed: one product in the place of one a
    /// row.
    ///
    /// @param side 0 for the left operand, 1 for the right one
    /// @param dy cotangent of the product, `[rows..., product...]`
    /// @param other `[rows..., other operand...]`
    /// @param of the type of the operand whose cotangent it is
    public Value cotangent(Emit e, int side, Value dy, Value other, Type of, int rows) {
      return e.cast(
          summed(e, side, dy, Accumulator.widened(e, other, accumulator), of, rows), of.dtype());
    }

    private Value summed(Emit e, int side, Value dy, Value other, Type of, int rows) {
      Type there = other.type().without(range(0, rows));
      List<Integer> lf = leftFree(side == 0 ? of : there);
      List<Integer> rf = rightFree(side == 0 ? there : of);
      int nb = leftBatch.size();
      List<Integer> batch = range(rows, nb);
      List<Integer> dl = range(rows + nb, lf.size());
      List<Integer> dr = range(rows + nb + lf.size(), rf.size());
      if (side == 0) {
        // dl[batch, lfree, lcontract] = dy . r over rfree, then back into l's order of axes
        Contract c =
            new Contract(
                batch,
                shift(rightBatch, rows),
                after(rows, dr),
                after(rows, shift(rf, rows)),
                accumulator);
        List<Integer> order = new ArrayList<>(leftBatch);
        order.addAll(lf);
        // The free axes of r that remain are its contracted ones, in r's own order.
        order.addAll(partners(rightContract, leftContract));
        return reorder(e, e.add(c, dy, other), order);
      }
      // dr[batch, lcontract, rfree] = l . dy over lfree
      Contract c =
          new Contract(
              shift(leftBatch, rows),
              batch,
              after(rows, shift(lf, rows)),
              after(rows, dl),
              accumulator);
      List<Integer> order = new ArrayList<>(rightBatch);
      order.addAll(partners(leftContract, rightContract));
      order.addAll(rf);
      return reorder(e, e.add(c, other, dy), order);
    }

    private static List<Integer> shift(List<Integer> axes, int by) {
      return axes.stream().map(a -> a + by).toList();
    }

    private static List<Integer> after(int rows, List<Integer> axes) {
      List<Integer> all = new ArrayList<>(range(0, rows));
      all.addAll(axes);
      return all;
    }

    /// Axes of the other operand that pair with `mine`, in the order in which `mine` ascends.
    private static List<Integer> partners(List<Integer> mine, List<Integer> theirs) {
      return mine.stream().sorted().map(a -> theirs.get(mine.indexOf(a))).toList();
    }

    private static Value reorder(Emit e, Value g, List<Integer> order) {
      Integer[] perm = new Integer[order.size()];
      for (int i = 0; i < perm.length; i++) {
        perm[order.get(i)] = i;
      }
      return e.transpose(g, perm);
    }

    private static List<Integer> range(int from, int n) {
      List<Integer> r = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        r.add(from + i);
      }
      return r;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return bilinear(e, n, tangents);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor l = in.get(0);
      HostTensor r = in.get(1);
      HostTensor y = HostTensor.zeros(results.get(0));
      List<Integer> lf = leftFree(l.type());
      List<Integer> rf = rightFree(r.type());
      int[] li = new int[l.rank()];
      int[] ri = new int[r.rank()];
      int[] k = new int[leftContract.size()];
      for (int i = 0; i < y.size(); i++) {
        int[] ix = y.index(i);
        int p = 0;
        for (int b = 0; b < leftBatch.size(); b++, p++) {
          li[leftBatch.get(b)] = ix[p];
          ri[rightBatch.get(b)] = ix[p];
        }
        for (int a : lf) {
          li[a] = ix[p++];
        }
        for (int a : rf) {
          ri[a] = ix[p++];
        }
        java.util.Arrays.fill(k, 0);
        double sum = 0;
        long whole = 0;
        boolean more = true;
        for (int a : leftContract) {
          more &= l.dim(a) > 0;
        }
        while (more) {
          for (int c = 0; c < k.length; c++) {
            li[leftContract.get(c)] = k[c];
            ri[rightContract.get(c)] = k[c];
          }
          sum = Math.fma(l.get(l.at(li)), r.get(r.at(ri)), sum);
          whole += l.bits(l.at(li)) * r.bits(r.at(ri));
          more = false;
          for (int c = k.length - 1; c >= 0 && !more; c--) {
            if (++k[c] < l.dim(leftContract.get(c))) {
              more = true;
            } else {
              k[c] = 0;
            }
          }
        }
        if (y.dtype().isFloat()) {
          y.set(i, sum);
        } else {
          y.setWhole(i, whole);
        }
      }
      return List.of(y);
    }

    @Override
    public long macs(List<Type> in, List<Type> results) {
      long n = results.get(0).size();
      for (int a : leftContract) {
        n *= in.get(0).dim(a);
      }
      return n;
    }
  }

  /// Geometry of a 2-D convolution or window; one-dimensional ones have height 1.
  ///
  /// @param strideH step of the output grid, at least 1; likewise `strideW`
  /// @param top rows of zeros before the image; likewise the other sides
  /// @param dilationH distance of kernel taps, at least 1; likewise `dilationW`
  /// @param groups channel groups that do not see each other
  record Geometry(
      int kernelH,
      int kernelW,
      int strideH,
      int strideW,
      int top,
      int bottom,
      int left,
      int right,
      int dilationH,
      int dilationW,
      int groups) {
    public Geometry {
      if (kernelH < 1
          || kernelW < 1
          || strideH < 1
          || strideW < 1
          || dilationH < 1
          || dilationW < 1
          || groups < 1
          || top < 0
          || bottom < 0
          || left < 0
          || right < 0) {
        throw new IllegalArgumentException(
            "kernel, stride, dilation and groups are at least 1, padding at least 0");
      }
    }

    /// A square kernel with equal padding on all sides.
    public static Geometry square(int kernel, int stride, int pad) {
      return new Geometry(kernel, kernel, stride, stride, pad, pad, pad, pad, 1, 1, 1);
    }

    public int outH(int h) {
      return out("height", h, top + bottom, (kernelH - 1) * dilationH + 1, strideH);
    }

    public int outW(int w) {
      return out("width", w, left + right, (kernelW - 1) * dilationW + 1, strideW);
    }

    private static int out(String what, int n, int pad, int span, int stride) {
      if (n + pad < span) {
        throw new IllegalArgumentException(
            what
                + " "
                + n
                + " with padding "
                + pad
                + " is smaller than the kernel's reach "
                + span);
      }
      return (n + pad - span) / stride + 1;
    }
  }

  /// Convolution of images `x: [n, h, w, ci]` with filters `f: [co, kh, kw, ci / groups]`.
  ///
  /// @param accumulator as of [Contract]
  record Conv(Geometry g, @OptionalAttribute @Nullable DType accumulator) implements LinearOp {
    /// A convolution in the type of its operands.
    public Conv(Geometry g) {
      this(g, null);
    }

    @Override
    public List<Type> infer(List<Type> in) {
      Type x = in.get(0);
      Type f = in.get(1);
      if (x.rank() != 4 || f.rank() != 4 || x.dtype() != f.dtype()) {
        throw new IllegalArgumentException(
            "expected images [n, h, w, c] and filters [o, h, w, i] of one type, found "
                + x
                + ", "
                + f);
      }
      Taps.sized(x, List.of(1, 2, 3));
      Taps.sized(f, List.of(0, 1, 2, 3));
      if (f.dim(1) != g.kernelH || f.dim(2) != g.kernelW) {
        throw new IllegalArgumentException(
            "filters " + f + " are not " + g.kernelH + " by " + g.kernelW);
      }
      if (f.dim(3) * g.groups != x.dim(3) || f.dim(0) % g.groups != 0) {
        throw new IllegalArgumentException(
            "images have "
                + x.dim(3)
                + " channels, filters take "
                + f.dim(3)
                + " in each of "
                + g.groups
                + " groups and give "
                + f.dim(0));
      }
      if (x.dtype() == DType.BOOL || x.dtype() == DType.FRAME) {
        throw new IllegalArgumentException("expected numbers, found images " + x);
      }
      return List.of(
          new Type(
              Accumulator.result(x.dtype(), accumulator),
              List.of(
                  x.extents().get(0),
                  Extent.of(g.outH(x.dim(1))),
                  Extent.of(g.outW(x.dim(2))),
                  Extent.of(f.dim(0)))));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      Value dy = cots.get(0);
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      Value x = n.operand(0);
      Value f = n.operand(1);
      if (dy != null && wanted.get(0)) {
        ConvDataGrad back = new ConvDataGrad(g, x.type().extents());
        out.set(
            0, e.cast(e.add(back, dy, Accumulator.widened(e, f, accumulator)), x.type().dtype()));
      }
      if (dy != null && wanted.get(1)) {
        ConvFilterGrad back = new ConvFilterGrad(g, f.type().extents());
        out.set(
            1, e.cast(e.add(back, Accumulator.widened(e, x, accumulator), dy), f.type().dtype()));
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return bilinear(e, n, tangents);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      Taps.Sums y = new Taps.Sums(results.get(0), in);
      Taps.each(g, in.get(0).type(), in.get(1).type(), results.get(0), (x, f, o) -> y.add(o, x, f));
      return List.of(y.rounded());
    }

    @Override
    public long macs(List<Type> in, List<Type> results) {
      return Taps.macs(in.get(1), results.get(0));
    }
  }

  /// The transpose of [Conv] in its images: from `dy` and filters to the cotangent of the images.
  record ConvDataGrad(Geometry g, List<Extent> images) implements LinearOp {
    @Override
    public List<Type> infer(List<Type> in) {
      Type x = in.get(0).with(images);
      Taps.fits(new Conv(g), List.of(x, in.get(1)), in.get(0));
      return List.of(x);
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      Value dx = cots.get(0);
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      if (dx != null && wanted.get(0)) {
        out.set(0, e.add(new Conv(g), dx, n.operand(1)));
      }
      if (dx != null && wanted.get(1)) {
        out.set(1, e.add(new ConvFilterGrad(g, n.operand(1).type().extents()), dx, n.operand(0)));
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return bilinear(e, n, tangents);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      Taps.Sums y = new Taps.Sums(results.get(0), in);
      Taps.each(g, results.get(0), in.get(1).type(), in.get(0).type(), (x, f, o) -> y.add(x, o, f));
      return List.of(y.rounded());
    }

    @Override
    public long macs(List<Type> in, List<Type> results) {
      return Taps.macs(in.get(1), in.get(0));
    }
  }

  /// The transpose of [Conv] in its filters: from images and `dy` to the cotangent of the filters.
  record ConvFilterGrad(Geometry g, List<Extent> filters) implements LinearOp {
    @Override
    public List<Type> infer(List<Type> in) {
      Type f = in.get(0).with(filters);
      Taps.fits(new Conv(g), List.of(in.get(0), f), in.get(1));
      return List.of(f);
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      Value df = cots.get(0);
      List<@Nullable Value> out = new ArrayList<>(Derivatives.none(2));
      if (df != null && wanted.get(0)) {
        out.set(0, e.add(new ConvDataGrad(g, n.operand(0).type().extents()), n.operand(1), df));
      }
      if (df != null && wanted.get(1)) {
        out.set(1, e.add(new Conv(g), n.operand(0), df));
      }
      return out;
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return bilinear(e, n, tangents);
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      Taps.Sums y = new Taps.Sums(results.get(0), in);
      Taps.each(g, in.get(0).type(), results.get(0), in.get(1).type(), (x, f, o) -> y.add(f, x, o));
      return List.of(y.rounded());
    }

    @Override
    public long macs(List<Type> in, List<Type> results) {
      return Taps.macs(results.get(0), in.get(1));
    }
  }

  /// The product rule of an op linear in both operands.
  private static List<@Nullable Value> bilinear(Emit e, Node n, List<@Nullable Value> t) {
    Value dl = t.get(0);
    Value dr = t.get(1);
    Value sum = dl == null ? null : e.add(n.op(), dl, n.operand(1));
    if (dr != null) {
      Value part = e.add(n.op(), n.operand(0), dr);
      sum = sum == null ? part : e.plus(sum, part);
    }
    List<@Nullable Value> out = new ArrayList<>();
    out.add(sum);
    return out;
  }

  /// Which image element meets which filter element for which output element.
  final class Taps {
    private Taps() {}

    /// Receives row-major positions in images, filters and output.
    interface Visitor {
      void tap(int image, int filter, int out);
    }

    /// Refuses run-time sizes where geometry asks for numbers.
    static void sized(Type t, List<Integer> axes) {
      for (int a : axes) {
        if (t.extents().get(a) instanceof Extent.Ragged r) {
          throw new IllegalArgumentException(
              "axis "
                  + a
                  + " of "
                  + t
                  + " has the run-time size "
                  + r
                  + ", and images slide over static ones; pad to the capacity, or let the number of"
                  + " images vary");
        }
      }
    }

    /// Sums of products, of floats in f64 and of integers in i64.
    static final class Sums {
      private final Type type;
      private final HostTensor left;
      private final HostTensor right;
      private final double[] real;
      private final long[] whole;

      Sums(Type type, List<HostTensor> in) {
        this.type = type;
        this.left = in.get(0);
        this.right = in.get(1);
        int n = Math.toIntExact(type.size());
        this.real = new double[type.dtype().isFloat() ? n : 0];
        this.whole = new long[type.dtype().isFloat() ? 0 : n];
      }

      /// Adds to one sum the product of an element of each operand.
      void add(int to, int l, int r) {
        if (real.length > 0) {
          real[to] += left.get(l) * right.get(r);
        } else {
          whole[to] += left.bits(l) * right.bits(r);
        }
      }

      HostTensor rounded() {
        HostTensor y = HostTensor.zeros(type);
        for (int i = 0; i < y.size(); i++) {
          if (real.length > 0) {
            y.set(i, real[i]);
          } else {
            y.setWhole(i, whole[i]);
          }
        }
        return y;
      }
    }

    static void fits(Conv conv, List<Type> in, Type dy) {
      Type y = conv.infer(in).get(0);
      if (!y.equals(dy)) {
        throw new IllegalArgumentException("the output's cotangent is " + dy + ", expected " + y);
      }
    }

    static long macs(Type f, Type y) {
      return y.size() * f.dim(1) * f.dim(2) * f.dim(3);
    }

    static void each(Geometry g, Type x, Type f, Type y, Visitor v) {
      int cog = f.dim(0) / g.groups();
      int cig = f.dim(3);
      int o = 0;
      for (int n = 0; n < y.dim(0); n++) {
        for (int oy = 0; oy < y.dim(1); oy++) {
          for (int ox = 0; ox < y.dim(2); ox++) {
            for (int co = 0; co < y.dim(3); co++, o++) {
              int group = co / cog;
              for (int ky = 0; ky < g.kernelH(); ky++) {
                int iy = oy * g.strideH() - g.top() + ky * g.dilationH();
                if (iy < 0 || iy >= x.dim(1)) {
                  continue;
                }
                for (int kx = 0; kx < g.kernelW(); kx++) {
                  int ix = ox * g.strideW() - g.left() + kx * g.dilationW();
                  if (ix < 0 || ix >= x.dim(2)) {
                    continue;
                  }
                  int xi = ((n * x.dim(1) + iy) * x.dim(2) + ix) * x.dim(3) + group * cig;
                  int fi = ((co * g.kernelH() + ky) * g.kernelW() + kx) * cig;
                  for (int ci = 0; ci < cig; ci++) {
                    v.tap(xi + ci, fi + ci, o);
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
