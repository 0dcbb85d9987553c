package dev.retrograde.x64;

import dev.retrograde.ir.BitOp;
import dev.retrograde.ir.BitOp.BitContract;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.LinalgOp;
import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.LinearOp.Conv;
import dev.retrograde.ir.LinearOp.ConvDataGrad;
import dev.retrograde.ir.LinearOp.ConvFilterGrad;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.List;

/// Programs of ops that networks seldom have: products of every type, order, selection, running
/// sums, linear algebra.
final class EveryOp {
  private EveryOp() {}

  /// Products and convolutions of one type, with sums in that type or another.
  static Program products(DType d, DType sum) {
    return Trace.program(
        "products",
        true,
        t -> {
          Tensor x = shifted(t, "x", d, 13, 37);
          Tensor y = shifted(t, "y", d, 37, 35);
          Tensor z = shifted(t, "z", d, 35, 37);
          Contract across = new Contract(List.of(), List.of(), List.of(1), List.of(1));
          t.output("nn", t.op(Contract.matmul().in(sum), x, y));
          t.output("nt", t.op(across.in(sum), x, z));
          t.output("epilogue", t.mul(t.op(Contract.matmul(), x, y), t.constant(d, 3)));
          t.output("stored", t.op(across.in(sum), t.input("a", Type.of(d, 3, 37)), z));
          Tensor images = shifted(t, "images", d, 2, 6, 5, 3);
          Tensor filters = shifted(t, "filters", d, 17, 3, 3, 3);
          Geometry g = Geometry.square(3, 1, 1);
          Tensor dy = t.op(new Conv(g), images, filters);
          t.output("conv", t.op(new Conv(g, sum), images, filters));
          t.output("dx", t.op(new ConvDataGrad(g, images.type().extents()), dy, filters));
          t.output("df", t.op(new ConvFilterGrad(g, filters.type().extents()), images, dy));
          if (d.isInteger()) {
            for (BitOp.Kind kind : BitOp.Kind.values()) {
              t.output(kind + " nn", t.op(new BitContract(kind, Contract.matmul()), x, y));
              t.output(kind + " nt", t.op(new BitContract(kind, across), x, z));
            }
          }
        });
  }

  private static Tensor shifted(Trace t, String name, DType d, int... dims) {
    return t.mul(t.sub(t.input(name, Type.of(d, dims)), t.constant(d, 3)), t.constant(d, 7));
  }

  /// What neither maps nor products nor windows do, of one element type.
  static Program others(DType d) {
    return Trace.program(
        "others",
        true,
        t -> {
          Tensor x = t.input("x", Type.of(d, 3, 67));
          List<Tensor> sorted = t.ops(new OrderOp.Sort(false), x);
          t.output("sorted", sorted.get(0));
          t.output("from", sorted.get(1));
          List<Tensor> top = t.ops(new OrderOp.TopK(Extent.of(5)), x);
          t.output("top", top.get(0));
          Tensor taken = t.op(new OrderOp.Take(), x, top.get(1));
          t.output("taken", taken);
          t.output("back", t.op(new OrderOp.Untake(Extent.of(67)), taken, top.get(1)));
          for (int axis = 0; axis < 2; axis++) {
            t.output("sum" + axis, t.op(new ReduceOp.CumulativeSum(axis, true, axis == 1), x));
          }
          Tensor first = t.reshape(t.slice(x, List.of(0, 0), List.of(1, 67)), 67);
          Tensor mask = t.lessEqual(first, t.max(x));
          t.output("true", t.op(new OrderOp.Compact(Extent.of(20)), mask));
          Tensor where = t.slice(t.reshape(sorted.get(1), 201), List.of(4), List.of(3));
          t.output("rows", t.op(new MoveOp.ScatterAdd(Type.of(d, 9, 67).extents()), x, where));
          if (d.isFloat()) {
            algebra(t, d);
          }
        });
  }

  private static void algebra(Trace t, DType d) {
    Tensor a = t.input("a", Type.of(d, 2, 9, 9));
    Tensor row = t.op(new MoveOp.Iota(a.type().with(DType.I32), 1));
    Tensor col = t.op(new MoveOp.Iota(a.type().with(DType.I32), 2));
    Tensor definite = t.select(t.equal(row, col), t.add(t.abs(a), 18.0), a);
    t.output("factor", t.op(new LinalgOp.Cholesky(), definite));
    Tensor right = t.input("right", Type.of(d, 2, 9, 6));
    t.output("solved", t.op(new LinalgOp.TriangularSolve(false, true), definite, right));
  }
}
