package dev.retrograde.ir;

import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.MapOp.Derivatives;
import dev.retrograde.scalar.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Arithmetic on bits packed in integers.
public sealed interface BitOp extends Op {
  /// What meets the bits of both operands.
  enum Kind {
    AND,
    XOR
  }

  /// The product of bit matrices: like [Contract] over the same axes, but a step counts the bits of
  /// `left AND right` or `left XOR right` instead of multiplying. Operands are integers of one type
  /// that hold packed bits along the contracted axes; results are i32 counts.
  ///
  /// With bits for the signs of numbers of magnitude 1, `n - 2 * XOR` is the ordinary product.
  record BitContract(Kind kind, Contract axes) implements BitOp {
    @Override
    public List<Type> infer(List<Type> in) {
      if (!in.get(0).dtype().isInteger()) {
        throw new IllegalArgumentException("expected bits packed in integers, found " + in.get(0));
      }
      if (axes.accumulator() != null) {
        throw new IllegalArgumentException("bits are counted in i32; leave the accumulator out");
      }
      return List.of(axes.infer(in).get(0).with(DType.I32));
    }

    @Override
    public List<@Nullable Value> vjp(
        Emit e, Node n, List<@Nullable Value> cots, List<Boolean> wanted) {
      return Derivatives.none(2);
    }

    @Override
    public List<@Nullable Value> jvp(Emit e, Node n, List<@Nullable Value> tangents) {
      return Derivatives.none(1);
    }

    /// Bit by bit, as the sum over all bits of an ordinary contraction of zeros and ones.
    @Override
    public List<HostTensor> eval(List<HostTensor> in, List<Type> results) {
      HostTensor y = HostTensor.zeros(results.get(0));
      for (int bit = 0; bit < in.get(0).dtype().bytes() * 8; bit++) {
        HostTensor l = bits(in.get(0), bit);
        HostTensor r = bits(in.get(1), bit);
        // For bits, x XOR y = x + y - 2 x y, and x AND y = x y.
        add(y, axes.eval(List.of(l, r), results).get(0), kind == Kind.AND ? 1 : -2);
        if (kind == Kind.XOR) {
          add(y, axes.eval(List.of(l, ones(r)), results).get(0), 1);
          add(y, axes.eval(List.of(ones(l), r), results).get(0), 1);
        }
      }
      return List.of(y);
    }

    private static HostTensor bits(HostTensor x, int bit) {
      return HostTensor.fill(x.type().with(DType.I32), i -> x.bits(i) >> bit & 1);
    }

    private static HostTensor ones(HostTensor x) {
      return HostTensor.fill(x.type(), i -> 1);
    }

    private static void add(HostTensor y, HostTensor part, int factor) {
      for (int i = 0; i < y.size(); i++) {
        y.setWhole(i, y.bits(i) + factor * part.bits(i));
      }
    }

    @Override
    public long macs(List<Type> in, List<Type> results) {
      return axes.macs(in, results);
    }
  }
}
