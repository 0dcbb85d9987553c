package dev.retrograde.ir;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.ReduceOp.Kind;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What each op says of operands that do not fit.
class ShapeErrorTest {
  private record Wrong(Op op, String says, Type... operands) {}

  private static Type f(int... dims) {
    return Type.of(DType.F32, dims);
  }

  private static Type i(int... dims) {
    return Type.of(DType.I32, dims);
  }

  private static final List<Integer> NO = List.of();

  private static List<Wrong> table() {
    Geometry g = Geometry.square(3, 1, 0);
    MapOp.Map add = new MapOp.Map(ScalarCode.of(Primitive.ADD, List.of(DType.F32, DType.F32)));
    List<Extent> images = Type.of(DType.F32, 1, 5, 5, 2).extents();
    return List.of(
        new Wrong(add, "operand 1 is f32[3] and operand 0 is f32[2]", f(2), f(3)),
        new Wrong(add, "operand 1 is i32, expected f32; cast it", f(2), i(2)),
        new Wrong(add, "takes 2 operands, found 1", f(2)),
        new Wrong(new ReduceOp.Reduce(Kind.SUM, List.of(2)), "axis 2 is not one of f32[3]", f(3)),
        new Wrong(new ReduceOp.Reduce(Kind.ANY, List.of(0)), "ANY does not reduce f32", f(3)),
        new Wrong(new ReduceOp.Reduce(Kind.ARGMAX, List.of(0, 1)), "one axis", f(3, 3)),
        new Wrong(new ReduceOp.CumulativeSum(-1, false, false), "axis -1", f(3)),
        new Wrong(new MoveOp.Iota(i(2), 1), "axis 1 is not one of"),
        new Wrong(new MoveOp.Reshape(f(7).extents()), "has 6 elements, f32[7] has 7", f(2, 3)),
        new Wrong(new MoveOp.Transpose(List.of(0, 0)), "no permutation", f(2, 3)),
        new Wrong(new MoveOp.Broadcast(f(2, 3).extents(), List.of(0)), "does not fit", f(3)),
        new Wrong(new MoveOp.Broadcast(f(2, 3).extents(), List.of(-1)), "does not fit", f(3)),
        new Wrong(
            new MoveOp.Slice(List.of(2), List.of(2), List.of(1)), "2 to 3 are not inside 3", f(3)),
        new Wrong(new MoveOp.Slice(NO, NO, NO), "names each axis once", f(3)),
        new Wrong(
            new MoveOp.Slice(List.of(0), List.of(1), List.of(1)),
            "run-time starts are i32[1]",
            f(3),
            i(2)),
        new Wrong(new MoveOp.Unslice(f(3), List.of(1)), "run-time starts are i32[1]", f(2)),
        new Wrong(new MoveOp.Pad(List.of(-1), List.of(0), List.of(0), 0), "at least 0", f(3)),
        new Wrong(new MoveOp.Concat(0), "does not join", f(3, 2), f(3, 3)),
        new Wrong(new MoveOp.Concat(2), "axis 2 is not one of", f(3, 2)),
        new Wrong(new MoveOp.Gather(), "i32 indices", f(3), f(2)),
        new Wrong(new MoveOp.ScatterAdd(f(3, 2).extents()), "do not fit indices", f(4, 3), i(4)),
        new Wrong(new MoveOp.ScatterAdd(List.of()), "axis of rows", f(), i()),
        new Wrong(
            Contract.matmul(),
            "contracted axes differ: lhs f32[2,3] axis 1 = 3, rhs f32[4,2] " + "axis 0 = 4",
            f(2, 3),
            f(4, 2)),
        new Wrong(new Contract(NO, NO, List.of(5), List.of(0)), "once each", f(2), f(2)),
        new Wrong(
            new Contract(List.of(0), List.of(0), List.of(0), List.of(1)),
            "once each",
            f(2, 2),
            f(2, 2)),
        new Wrong(new Contract(List.of(0), NO, NO, NO), "do not pair up", f(2), f(2)),
        new Wrong(Contract.matmul(), "numbers of one type", f(2, 2), i(2, 2)),
        new Wrong(
            Contract.matmul().in(DType.I32), "sums of f32 in i32: floats add in", f(2, 2), f(2, 2)),
        new Wrong(
            Contract.matmul().in(DType.F32),
            "no type narrower than their own",
            Type.of(DType.F64, 2, 2),
            Type.of(DType.F64, 2, 2)),
        new Wrong(Contract.matmul().in(DType.BF16), "in bf16", f(2, 2), f(2, 2)),
        new Wrong(
            new LinearOp.Conv(g, DType.I64), "sums of f32 in i64", f(1, 5, 5, 2), f(1, 3, 3, 2)),
        new Wrong(
            new BitOp.BitContract(BitOp.Kind.AND, Contract.matmul().in(DType.I64)),
            "bits are counted in i32",
            i(2, 2),
            i(2, 2)),
        new Wrong(new LinearOp.Conv(g), "expected images", f(5, 5), f(1, 3, 3, 1)),
        new Wrong(new LinearOp.Conv(g), "not 3 by 3", f(1, 5, 5, 2), f(1, 2, 2, 2)),
        new Wrong(new LinearOp.Conv(g), "images have 2 channels", f(1, 5, 5, 2), f(1, 3, 3, 3)),
        new Wrong(new LinearOp.Conv(g), "smaller than the kernel", f(1, 2, 5, 2), f(1, 3, 3, 2)),
        new Wrong(
            new LinearOp.ConvDataGrad(g, images),
            "expected f32[1,3,3,4]",
            f(1, 5, 5, 4),
            f(4, 3, 3, 2)),
        new Wrong(new WindowOp.WindowMax(g), "windows slide over images", f(5, 5)),
        new Wrong(new WindowOp.WindowPick(g), "expected u8[1,3,3,2]", f(1, 5, 5, 2), i(1, 3, 3, 2)),
        new Wrong(new WindowOp.WindowSpread(g, images), "expected f32[1,3,3,2]", f(1, 2, 3, 2)),
        new Wrong(new RandomOp.RandomBits(f(3).extents(), 0), "a key is i32[2]", i(3)));
  }

  @TestFactory
  Stream<DynamicTest> misfitsAreNamed() {
    return table().stream()
        .map(w ->
            DynamicTest.dynamicTest(
                w.op.name() + ": " + w.says,
                () -> {
                  Emit e = new Emit();
                  e.origin(new Origin("net/layer", "Net.java:7", Origin.Phase.FORWARD, 0));
                  List<Value> in = Arrays.stream(w.operands).map(e::parameter).toList();
                  assertThatThrownBy(() -> e.addAll(w.op, in, List.of()))
                      .isInstanceOf(ShapeException.class)
                      .hasMessageContaining(w.says)
                      .hasMessageContaining(w.op.name() + " 'net/layer' (Net.java:7)");
                }));
  }

  @Test
  void axesOfRunTimeSizeAreNeitherCutNorPaddedNorJoinedNorMerged() {
    Emit e = new Emit();
    Value count = e.parameter(i());
    Value x = e.parameter(new Type(DType.F32, List.of(new Extent.Ragged(4, count), Extent.of(2))));
    assertThatThrownBy(() -> e.add(new MoveOp.Reshape(f(8).extents()), x))
        .hasMessageContaining("keep their place");
    assertThatThrownBy(
            () -> e.add(new MoveOp.Slice(List.of(0, 0), List.of(2, 2), List.of(1, 1)), x))
        .hasMessageContaining("sliced whole or not at all");
    assertThatThrownBy(
            () -> e.add(new MoveOp.Pad(List.of(1, 0), List.of(0, 0), List.of(0, 0), 0), x))
        .hasMessageContaining("takes no padding");
    assertThatThrownBy(() -> e.add(new MoveOp.Concat(0), x, x))
        .hasMessageContaining("does not join");
  }

  @Test
  void onlyTheNumberOfImagesMayBeOfRunTimeSize() {
    Emit e = new Emit();
    Extent rows = new Extent.Ragged(5, e.parameter(i()));
    Extent two = Extent.of(2);
    Geometry g = Geometry.square(3, 1, 0);
    Value filters = e.parameter(f(1, 3, 3, 2));
    Value images = e.parameter(new Type(DType.F32, List.of(rows, rows, Extent.of(5), two)));
    Value fit = e.parameter(new Type(DType.F32, List.of(rows, Extent.of(5), Extent.of(5), two)));
    e.add(new LinearOp.Conv(g), fit, filters);
    for (Op op : List.of(new LinearOp.Conv(g), new WindowOp.WindowSum(g))) {
      List<Value> in = op instanceof LinearOp ? List.of(images, filters) : List.of(images);
      assertThatThrownBy(() -> e.addAll(op, in, List.of()))
          .hasMessageContaining("axis 1 of f32[5?%0,5?%0,5,2] has the run-time size 5?%0")
          .hasMessageContaining("let the number of images vary");
    }
  }
}
