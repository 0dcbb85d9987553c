package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reductions over axes.
public sealed interface ReduceOp extends Op {
  /// What combines the elements.
  enum Kind {
    SUM,
    MAX,
    MIN,
    /// Index (i32) of the first largest element along the one axis.
    ARGMAX,
    ANY,
    ALL
  }

  /// Combines all elements along `axes`, which disappear. An empty reduction gives 0 for sums,
  /// minus and plus infinity for maxima and minima (the extreme numbers of an integer type), and
  /// index 0. A maximum of anything and NaN is NaN; the index of the largest element passes over
  /// NaN. Tied maxima share the cotangent evenly. Integer sums wrap.
  record Reduce(Kind kind, List<Integer> axes) implements ReduceOp {
    public Reduce {
      axes = List.copyOf(axes);
      for (int i = 1; i < axes.size(); i++) {
        if (axes.get(i) <= axes.get(i - 1)) {
          throw new IllegalArgumentException("axes ascend, found " + axes);
        }
      }
    }

    @Override
    public List<Type> infer(List<Type> in) {
      Type t = in.get(0);
      for (int a : axes) {
        if (a < 0 || a >= t.rank()) {
          throw new IllegalArgumentException("axis " + a + " is not one of " + t);
        }
      }
      boolean bool = t.dtype() == DType.BOOL;
      if (bool != (kind == Kind.ANY || kind == Kind.ALL)) {
        throw new IllegalArgumentException(kind + " does not reduce " + t.dtype().text());
      }
      if (kind == Kind.ARGMAX && axes.size() != 1) {
        throw new IllegalArgumentException("argmax takes one axis, found " + axes);
      }
      Type out = t.without(axes);
      return List.of(kind == Kind.ARGMAX ? out.with(DType.I32) : out);
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      Value dy = cots.get(0);
      Value x = n.operand(0);
      if (dy == null || !wanted.get(0)) {
        return MapOp.Derivatives.none(1);
      }
      List<Extent> full = x.type().extents();
      return switch (kind) {
        case SUM -> List.of(e.broadcastOver(dy, full, axes));
        case MAX, MIN -> {
          Value hit = e.equal(x, e.broadcastOver(n.result(), full, axes));
          Value ones = e.cast(hit, x.type().dtype());
          Value share = e.over(dy, e.sum(ones, axes));
          yield List.of(e.times(ones, e.broadcastOver(share, full, axes)));
        }
        case ARGMAX, ANY, ALL -> MapOp.Derivatives.none(1);
      };
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      Value dx = tangents.get(0);
      Value x = n.operand(0);
      if (dx == null) {
        return MapOp.Derivatives.none(1);
      }
      return switch (kind) {
        case SUM -> List.of(e.sum(dx, axes));
        case MAX, MIN -> {
          Value hit = e.equal(x, e.broadcastOver(n.result(), x.type().extents(), axes));
          Value ones = e.cast(hit, x.type().dtype());
          yield List.of(e.over(e.sum(e.times(ones, dx), axes), e.sum(ones, axes)));
        }
        case ARGMAX, ANY, ALL -> MapOp.Derivatives.none(1);
      };
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor x = in.get(0);
      HostTensor y = HostTensor.zeros(results.get(0));
      int[] best = new int[y.size()];
      if (x.dtype().isFloat()) {
        double[] acc = new double[y.size()];
        java.util.Arrays.fill(acc, ScalarCode.toDouble(x.dtype(), identityBits(kind, x.dtype())));
        for (int i = 0; i < x.size(); i++) {
          int at = target(x, i);
          double v = x.get(i);
          if (kind == Kind.ARGMAX && v > acc[at]) {
            best[at] = x.index(i)[axes.get(0)];
          }
          acc[at] = combine(acc[at], v);
        }
        for (int i = 0; i < y.size(); i++) {
          y.set(i, kind == Kind.ARGMAX ? best[i] : acc[i]);
        }
        return List.of(y);
      }
      long[] acc = new long[y.size()];
      java.util.Arrays.fill(acc, identityBits(kind, x.dtype()));
      for (int i = 0; i < x.size(); i++) {
        int at = target(x, i);
        long v = x.bits(i);
        if (kind == Kind.ARGMAX && v > acc[at]) {
          best[at] = x.index(i)[axes.get(0)];
        }
        acc[at] = combine(acc[at], v);
      }
      for (int i = 0; i < y.size(); i++) {
        y.setWhole(i, kind == Kind.ARGMAX ? best[i] : acc[i]);
      }
      return List.of(y);
    }

    /// Position in the result of element i.
    private int target(HostTensor x, int i) {
      int[] ix = x.index(i);
      int at = 0;
      for (int a = 0; a < ix.length; a++) {
        if (!axes.contains(a)) {
          at = at * x.dim(a) + ix[a];
        }
      }
      return at;
    }

    private double combine(double acc, double v) {
      return switch (kind) {
        case SUM -> acc + v;
        case MAX -> Double.isNaN(v) || v > acc ? v : acc;
        case MIN -> Double.isNaN(v) || v < acc ? v : acc;
        case ARGMAX -> v > acc ? v : acc;
        case ANY, ALL -> throw new AssertionError(kind + " of floats");
      };
    }

    private long combine(long acc, long v) {
      return switch (kind) {
        case SUM -> acc + v;
        case MAX, ARGMAX, ANY -> Math.max(acc, v);
        case MIN, ALL -> Math.min(acc, v);
      };
    }

    private static long lowest(DType t) {
      return t == DType.U8 ? 0 : -1L << (t.bytes() * 8 - 1);
    }

    private static long highest(DType t) {
      return t == DType.U8 ? 255 : ~lowest(t);
    }

    /// Bits of the element that combines with anything to itself.
    public static long identityBits(Kind kind, DType t) {
      return switch (kind) {
        case SUM, ANY -> 0;
        case ALL -> 1;
        case MAX, ARGMAX ->
            t.isFloat() ? ScalarCode.bitsOf(t, Double.NEGATIVE_INFINITY) : lowest(t);
        case MIN -> t.isFloat() ? ScalarCode.bitsOf(t, Double.POSITIVE_INFINITY) : highest(t);
      };
    }
  }

  /// Running sum along one axis; `exclusive` leaves the element itself out, `reverse` starts from
  /// the end.
  record CumulativeSum(int axis, boolean exclusive, boolean reverse) implements ReduceOp {
    @Override
    public List<Type> infer(List<Type> in) {
      if (axis < 0 || axis >= in.get(0).rank()) {
        throw new IllegalArgumentException("axis " + axis + " is not one of " + in.get(0));
      }
      if (in.get(0).dtype() == DType.BOOL) {
        throw new IllegalArgumentException("no running sum of bool; cast it");
      }
      return List.of(in.get(0));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      Value dy = cots.get(0);
      if (dy == null) {
        return MapOp.Derivatives.none(1);
      }
      return List.of(e.add(new CumulativeSum(axis, exclusive, !reverse), dy));
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      Value dx = tangents.get(0);
      List<@Nullable Value> out = new ArrayList<>();
      out.add(dx == null ? null : e.add(this, dx));
      return out;
    }

    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor x = in.get(0);
      HostTensor y = HostTensor.zeros(results.get(0));
      int n = x.dim(axis);
      int inner = 1;
      for (int a = axis + 1; a < x.rank(); a++) {
        inner *= x.dim(a);
      }
      int outer = x.size() == 0 ? 0 : x.size() / (n * inner);
      boolean whole = !x.dtype().isFloat();
      for (int o = 0; o < outer; o++) {
        for (int i = 0; i < inner; i++) {
          double sum = 0;
          long count = 0;
          for (int k = 0; k < n; k++) {
            int at = (o * n + (reverse ? n - 1 - k : k)) * inner + i;
            double before = sum;
            long countBefore = count;
            sum += x.get(at);
            count += x.bits(at);
            if (whole) {
              y.setWhole(at, exclusive ? countBefore : count);
            } else {
              y.set(at, exclusive ? before : sum);
            }
          }
        }
      }
      return List.of(y);
    }
  }
}
