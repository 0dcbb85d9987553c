package dev.retrograde.ir;

import static dev.retrograde.ir.OpRow.between;
import static dev.retrograde.ir.OpRow.bool;
import static dev.retrograde.ir.OpRow.definite;
import static dev.retrograde.ir.OpRow.distinct;
import static dev.retrograde.ir.OpRow.index;
import static dev.retrograde.ir.OpRow.real;
import static dev.retrograde.ir.OpRow.row;
import static dev.retrograde.ir.OpRow.triangular;
import static dev.retrograde.ir.OpRow.whole;

import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.ReduceOp.Kind;
import dev.retrograde.ir.ReduceOp.Reduce;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// The table of ops under test. A new op adds its rows here.
public final class OpRows {
  private OpRows() {}

  public static List<OpRow> all() {
    List<OpRow> rows = new ArrayList<>();
    maps(rows);
    reductions(rows);
    moves(rows);
    contractions(rows);
    convolutions(rows);
    windows(rows);
    orders(rows);
    linalg(rows);
    return rows;
  }

  private static MapOp.Map map(ScalarFn fn) {
    return new MapOp.Map(
        ScalarCode.of(fn, Stream.generate(() -> DType.F64).limit(fn.arity()).toList()));
  }

  private static void maps(List<OpRow> rows) {
    for (Primitive p : List.of(Primitive.ADD, Primitive.SUB, Primitive.MUL)) {
      rows.add(row(p.text(), map(p), real(3, 5), real(3, 5)));
    }
    rows.add(row("div", map(Primitive.DIV), real(3), between(1, 2, 3)));
    rows.add(row("fma", map(Primitive.FMA), real(2, 2), real(2, 2), real(2, 2)));
    rows.add(row("neg", map(Primitive.NEG), real(13)));
    rows.add(row("abs away from 0", map(Primitive.ABS), distinct(13)));
    rows.add(row("sqrt", map(Primitive.SQRT), between(0.5, 2, 7)));
    rows.add(row("min", map(Primitive.MIN), distinct(9), between(3, 4, 9)));
    rows.add(row("max", map(Primitive.MAX), between(-1, 1, 9), between(2, 3, 9)));
    rows.add(row("floor", map(Primitive.FLOOR), between(0.1, 0.9, 5)));
    for (ScalarFn.Defined f : Functions.STANDARD) {
      // Positive and below 1: inside every domain and away from every kink; the second operand of
      // two is larger.
      OpRow.Operand x = between(0.2, 0.9, 7);
      OpRow.Operand[] in =
          f.arity() == 1 ? new OpRow.Operand[] {x} : new OpRow.Operand[] {x, between(1.1, 1.9, 7)};
      rows.add(row(f.text(), map(f), in).terms(8));
    }
    rows.add(row("couple", new MapOp.Couple(MapOp.Couple.PLAIN), real(3, 5), real(3, 5)));
    rows.add(row("couple nothing", new MapOp.Couple(MapOp.Couple.PLAIN), real(0, 5), real(0, 5)));
    rows.add(row("map of a scalar", map(Primitive.MUL), real(), real()));
    rows.add(row("map of nothing", map(Primitive.MUL), real(0, 4), real(0, 4)));
    rows.add(
        row(
            "select",
            new MapOp.Map(
                ScalarCode.of(Primitive.SELECT, List.of(DType.BOOL, DType.F64, DType.F64))),
            bool(11),
            real(11),
            real(11)));
    ScalarCode.Builder b = new ScalarCode.Builder(List.of(DType.F64, DType.F64));
    int product = b.mul(b.arg(0), b.arg(1));
    int shared = b.add(product, b.arg(0));
    rows.add(
        row(
                "map with two results that share",
                new MapOp.Map(
                    b.build(
                        List.of(b.mul(shared, product), b.div(shared, b.constant(DType.F64, 3))))),
                real(2, 7),
                real(2, 7))
            .terms(4));
    rows.add(
        row(
            "cast to integers",
            new MapOp.Map(ScalarCode.cast(DType.F64, DType.I32)),
            between(0.1, 0.9, 5)));
  }

  private static void reductions(List<OpRow> rows) {
    for (List<Integer> axes : List.of(List.of(0), List.of(1), List.of(0, 2), List.of(0, 1, 2))) {
      rows.add(row("sum over " + axes, new Reduce(Kind.SUM, axes), real(3, 5, 2)).terms(2));
      rows.add(row("max over " + axes, new Reduce(Kind.MAX, axes), distinct(3, 5, 2)));
      rows.add(row("min over " + axes, new Reduce(Kind.MIN, axes), distinct(3, 5, 2)));
    }
    rows.add(row("sum over nothing", new Reduce(Kind.SUM, List.of(1)), real(3, 0)));
    rows.add(row("sum to nothing", new Reduce(Kind.SUM, List.of(1)), real(0, 3)));
    rows.add(row("sum over one", new Reduce(Kind.SUM, List.of(0)), real(1, 1)));
    rows.add(row("sum over no axis", new Reduce(Kind.SUM, List.of()), real(2, 3)));
    rows.add(row("argmax", new Reduce(Kind.ARGMAX, List.of(1)), distinct(3, 7)));
    for (boolean exclusive : new boolean[] {false, true}) {
      for (boolean reverse : new boolean[] {false, true}) {
        for (int axis = 0; axis < 3; axis++) {
          rows.add(
              row(
                      "running sum, axis "
                          + axis
                          + (exclusive ? ", exclusive" : "")
                          + (reverse ? ", reverse" : ""),
                      new ReduceOp.CumulativeSum(axis, exclusive, reverse),
                      real(2, 5, 3))
                  .terms(5));
        }
      }
    }
    rows.add(
        row("running sum of nothing", new ReduceOp.CumulativeSum(0, false, false), real(4, 0)));
    rows.add(
        row("running sum along nothing", new ReduceOp.CumulativeSum(1, false, false), real(4, 0)));
  }

  private static List<Extent> extents(int... dims) {
    return Arrays.stream(dims).mapToObj(Extent::of).toList();
  }

  private static void moves(List<OpRow> rows) {
    long seven = ScalarCode.bitsOf(DType.F64, 7);
    rows.add(row("stop gradient of integers", new MapOp.StopGradient(), index(3, 4)));
    rows.add(row("reshape", new MoveOp.Reshape(extents(3, 4)), real(2, 6)));
    rows.add(row("reshape to a scalar", new MoveOp.Reshape(List.of()), real(1, 1)));
    rows.add(row("reshape nothing", new MoveOp.Reshape(extents(5, 0)), real(0, 3)));
    rows.add(row("transpose", new MoveOp.Transpose(List.of(2, 0, 1)), real(2, 3, 5)));
    rows.add(row("transpose a scalar", new MoveOp.Transpose(List.of()), real()));
    rows.add(
        row("broadcast", new MoveOp.Broadcast(extents(4, 3, 2), List.of(1)), real(3)).terms(8));
    rows.add(row("broadcast a scalar", new MoveOp.Broadcast(extents(2, 3), List.of()), real()));
    rows.add(row("broadcast to nothing", new MoveOp.Broadcast(extents(0, 3), List.of(1)), real(3)));
    rows.add(
        row("slice", new MoveOp.Slice(List.of(1, 0), List.of(2, 3), List.of(1, 1)), real(4, 3)));
    rows.add(
        row(
            "slice by steps",
            new MoveOp.Slice(List.of(1, 2), List.of(3, 2), List.of(2, 3)),
            real(7, 7)));
    rows.add(row("slice nothing", new MoveOp.Slice(List.of(4), List.of(0), List.of(1)), real(4)));
    rows.add(
        row(
            "slice at run time",
            new MoveOp.Slice(List.of(0, 0), List.of(2, 2), List.of(1, 2)),
            real(5, 7),
            index(9, 2)));
    rows.add(
        row(
            "unslice",
            new MoveOp.Unslice(Type.of(DType.F64, 5, 7), List.of(1, 2)),
            real(2, 2),
            index(9, 2)));
    rows.add(
        row("pad", new MoveOp.Pad(List.of(1, 0), List.of(0, 2), List.of(0, 2), seven), real(2, 3)));
    rows.add(
        row("pad nothing", new MoveOp.Pad(List.of(2), List.of(1), List.of(3), seven), real(0)));
    rows.add(row("concat", new MoveOp.Concat(1), real(2, 3), real(2, 0), real(2, 1)));
    rows.add(row("concat one", new MoveOp.Concat(0), real(3)));
    rows.add(row("gather", new MoveOp.Gather(), real(5, 3), index(5, 7)));
    rows.add(row("gather by a matrix", new MoveOp.Gather(), real(5), index(5, 2, 3)));
    rows.add(row("gather one", new MoveOp.Gather(), real(5, 2), index(5)));
    rows.add(row("gather nothing", new MoveOp.Gather(), real(5, 2), index(5, 0)));
    rows.add(
        row("scatter-add", new MoveOp.ScatterAdd(extents(5, 3)), real(7, 3), index(5, 7)).terms(7));
    rows.add(row("scatter-add nothing", new MoveOp.ScatterAdd(extents(5)), real(0), index(5, 0)));
    rows.add(row("set rows", new RowOp.SetRows(), real(5, 3), real(4, 3), index(5, 4)));
    rows.add(row("set a row again", new RowOp.SetRows(), real(1, 2), real(3, 2), index(1, 3)));
    rows.add(row("set elements", new RowOp.SetRows(), real(5), real(2), index(5, 2)));
    rows.add(row("set nothing", new RowOp.SetRows(), real(3, 2), real(0, 2), index(3, 0)));
  }

  private static Contract contract(
      List<Integer> lb, List<Integer> rb, List<Integer> lc, List<Integer> rc) {
    return new Contract(lb, rb, lc, rc);
  }

  private static void contractions(List<OpRow> rows) {
    List<Integer> no = List.of();
    rows.add(row("matmul", Contract.matmul(), real(3, 5), real(5, 2)).terms(5));
    Contract wide = Contract.matmul().in(DType.F64);
    rows.add(row("matmul with sums in f64", wide, real(3, 5), real(5, 2)).terms(5));
    rows.add(row("matmul of one", Contract.matmul(), real(1, 1), real(1, 1)));
    rows.add(row("matmul over nothing", Contract.matmul(), real(3, 0), real(0, 2)));
    rows.add(row("matmul to nothing", Contract.matmul(), real(0, 3), real(3, 2)));
    rows.add(row("odd matmul", Contract.matmul(), real(13, 17), real(17, 7)).terms(17));
    rows.add(row("outer product", contract(no, no, no, no), real(3), real(2, 2)));
    rows.add(
        row("inner product", contract(no, no, List.of(0), List.of(0)), real(7), real(7)).terms(7));
    rows.add(
        row(
                "matmul with a transposed right",
                contract(no, no, List.of(1), List.of(1)),
                real(3, 5),
                real(2, 5))
            .terms(5));
    rows.add(
        row(
                "batched",
                contract(List.of(0), List.of(0), List.of(2), List.of(1)),
                real(2, 3, 5),
                real(2, 5, 4))
            .terms(5));
    rows.add(
        row(
                "batch axes in other places",
                contract(List.of(1, 2), List.of(3, 0), List.of(0), List.of(2)),
                real(5, 2, 3, 4),
                real(3, 2, 5, 2))
            .terms(5));
    rows.add(
        row(
                "two contracted axes, crossed",
                contract(no, no, List.of(2, 0), List.of(0, 2)),
                real(3, 2, 5),
                real(5, 4, 3))
            .terms(15));
    rows.add(
        row(
                "two contracted axes, crossed on the right",
                contract(no, no, List.of(0, 2), List.of(2, 0)),
                real(3, 2, 5),
                real(5, 4, 3))
            .terms(15));
    rows.add(
        row(
                "three contracted axes, turned",
                contract(no, no, List.of(1, 0, 2), List.of(2, 1, 0)),
                real(2, 3, 4),
                real(4, 2, 3, 2))
            .terms(24));
    rows.add(
        row(
                "batch and two contracted axes, crossed",
                contract(List.of(1), List.of(2), List.of(3, 0), List.of(1, 3)),
                real(2, 3, 4, 5),
                real(6, 5, 3, 2))
            .terms(10));
  }

  private static void convolutions(List<OpRow> rows) {
    record Case(String name, Geometry g, int[] x, int co) {}
    List<Case> cases =
        List.of(
            new Case("3x3", Geometry.square(3, 1, 1), new int[] {2, 5, 5, 3}, 4),
            new Case("1x1", Geometry.square(1, 1, 0), new int[] {1, 3, 4, 2}, 3),
            new Case(
                "one row",
                new Geometry(1, 3, 1, 1, 0, 0, 1, 1, 1, 1, 1),
                new int[] {2, 1, 7, 2},
                3),
            new Case("strided", Geometry.square(3, 2, 1), new int[] {2, 6, 7, 2}, 2),
            new Case(
                "uneven padding and strides",
                new Geometry(2, 3, 3, 2, 1, 2, 0, 2, 1, 1, 1),
                new int[] {1, 7, 6, 2},
                3),
            new Case(
                "dilated",
                new Geometry(3, 2, 1, 1, 2, 2, 1, 0, 2, 3, 1),
                new int[] {1, 6, 7, 2},
                2),
            new Case(
                "groups", new Geometry(3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 2), new int[] {1, 4, 4, 4}, 6),
            new Case(
                "depthwise, dilated, strided",
                new Geometry(3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 3),
                new int[] {2, 7, 7, 3},
                3),
            new Case("no image", Geometry.square(3, 1, 1), new int[] {0, 5, 5, 2}, 2));
    LinearOp.Conv wide = new LinearOp.Conv(Geometry.square(3, 2, 1), DType.F64);
    rows.add(row("conv with sums in f64", wide, real(2, 5, 5, 3), real(4, 3, 3, 3)).terms(27));
    for (Case c : cases) {
      int cig = c.x[3] / c.g.groups();
      int[] f = {c.co, c.g.kernelH(), c.g.kernelW(), cig};
      int[] y = {c.x[0], c.g.outH(c.x[1]), c.g.outW(c.x[2]), c.co};
      int terms = f[1] * f[2] * cig;
      rows.add(row("conv " + c.name, new LinearOp.Conv(c.g), real(c.x), real(f)).terms(terms));
      rows.add(
          row(
                  "conv data gradient " + c.name,
                  new LinearOp.ConvDataGrad(c.g, extents(c.x)),
                  real(y),
                  real(f))
              .terms(terms));
      rows.add(
          row(
                  "conv filter gradient " + c.name,
                  new LinearOp.ConvFilterGrad(c.g, extents(f)),
                  real(c.x),
                  real(y))
              .terms(terms));
    }
  }

  private static void windows(List<OpRow> rows) {
    record Case(String name, Geometry g, int[] x) {}
    List<Case> cases =
        List.of(
            new Case("2x2", Geometry.square(2, 2, 0), new int[] {2, 4, 6, 2}),
            new Case("overlapping, padded", Geometry.square(3, 2, 1), new int[] {1, 5, 5, 2}),
            new Case(
                "odd, dilated",
                new Geometry(2, 3, 1, 2, 0, 1, 1, 0, 2, 1, 1),
                new int[] {1, 5, 7, 3}),
            new Case("one", Geometry.square(1, 1, 0), new int[] {1, 1, 1, 1}),
            new Case("no image", Geometry.square(2, 2, 0), new int[] {0, 4, 4, 2}));
    for (Case c : cases) {
      int[] y = {c.x[0], c.g.outH(c.x[1]), c.g.outW(c.x[2]), c.x[3]};
      int k = c.g.kernelH() * c.g.kernelW();
      rows.add(row("window max " + c.name, new WindowOp.WindowMax(c.g), distinct(c.x)));
      rows.add(
          row(
              "window pick " + c.name,
              new WindowOp.WindowPick(c.g),
              real(c.x),
              whole(DType.U8, 0, k, y)));
      rows.add(
          row(
                  "window unpick " + c.name,
                  new WindowOp.WindowUnpick(c.g, extents(c.x)),
                  real(y),
                  whole(DType.U8, 0, k, y))
              .terms(k));
      rows.add(row("window sum " + c.name, new WindowOp.WindowSum(c.g), real(c.x)).terms(k));
      rows.add(
          row("window spread " + c.name, new WindowOp.WindowSpread(c.g, extents(c.x)), real(y))
              .terms(k));
    }
  }

  private static void orders(List<OpRow> rows) {
    rows.add(row("top 3", new OrderOp.TopK(Extent.of(3)), distinct(2, 7)));
    rows.add(row("top of all", new OrderOp.TopK(Extent.of(5)), distinct(5)));
    rows.add(row("top of none", new OrderOp.TopK(Extent.of(0)), distinct(2, 5)));
    rows.add(row("top 1 of 1", new OrderOp.TopK(Extent.of(1)), distinct(3, 1)));
    for (boolean descending : new boolean[] {false, true}) {
      String name = descending ? "sort down" : "sort up";
      rows.add(row(name, new OrderOp.Sort(descending), distinct(2, 3, 5)));
      rows.add(row(name + " nothing", new OrderOp.Sort(descending), distinct(3, 0)));
    }
    rows.add(row("take", new OrderOp.Take(), real(2, 5), index(5, 2, 3)));
    rows.add(row("take nothing", new OrderOp.Take(), real(2, 5), index(5, 2, 0)));
    rows.add(row("untake", new OrderOp.Untake(Extent.of(5)), real(2, 7), index(5, 2, 7)).terms(7));
  }

  private static void linalg(List<OpRow> rows) {
    for (int n : new int[] {0, 1, 2, 5}) {
      rows.add(row("cholesky " + n, new LinalgOp.Cholesky(), definite(n, n)).terms(8));
    }
    rows.add(row("cholesky batched", new LinalgOp.Cholesky(), definite(2, 3, 4, 4)).terms(8));
    for (boolean lower : new boolean[] {false, true}) {
      for (boolean transposed : new boolean[] {false, true}) {
        LinalgOp.TriangularSolve solve = new LinalgOp.TriangularSolve(lower, transposed);
        String name = "solve" + (lower ? " lower" : " upper") + (transposed ? " transposed" : "");
        rows.add(row(name, solve, triangular(5, 5), real(5, 3)).terms(16));
        rows.add(row(name + " batched", solve, triangular(2, 4, 4), real(2, 4, 1)).terms(16));
        rows.add(row(name + " nothing", solve, triangular(3, 3), real(3, 0)));
      }
    }
  }
}
