package dev.retrograde.interp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// An axis of run-time size means the same as a static one of that size, forward and backward.
class RunTimeSizeTest {
  private static final int CAPACITY = 5;

  private static Map<String, BiFunction<Trace, Tensor, Tensor>> ops() {
    Map<String, BiFunction<Trace, Tensor, Tensor>> m = new LinkedHashMap<>();
    m.put("map", (t, x) -> t.exp(t.mul(x, x)));
    m.put("broadcast along", (t, x) -> t.mul(x, t.sum(x, 0)));
    m.put("sum over", (t, x) -> t.mul(t.sum(x, 0), 3));
    m.put("max over", (t, x) -> t.max(x, 0));
    m.put("sum beside", (t, x) -> t.sum(x, 1, 2, 3));
    m.put("running sum", (t, x) -> t.op(new ReduceOp.CumulativeSum(0, false, true), x));
    m.put("reshape beside", (t, x) -> t.op(new MoveOp.Reshape(join(x, 48)), x));
    m.put("transpose", (t, x) -> t.transpose(x, 1, 0, 3, 2));
    m.put("slice beside", (t, x) -> t.slice(x, List.of(0, 1, 0, 1), List.of(x.dim(0), 2, 4, 2)));
    m.put(
        "pad beside",
        (t, x) ->
            t.op(
                new MoveOp.Pad(List.of(0, 1, 0, 0), List.of(0, 0, 2, 0), List.of(0, 0, 1, 0), 0),
                x));
    m.put("concat beside", (t, x) -> t.concat(3, x, t.mul(x, x)));
    m.put("sort beside", (t, x) -> t.op(new OrderOp.Sort(true), x));
    m.put("largest beside", (t, x) -> t.op(new OrderOp.TopK(Extent.of(2)), x));
    m.put(
        "contraction over",
        (t, x) -> t.op(new LinearOp.Contract(List.of(), List.of(), List.of(0), List.of(0)), x, x));
    m.put(
        "contraction in the batch",
        (t, x) ->
            t.op(
                new LinearOp.Contract(List.of(0), List.of(0), List.of(1, 2), List.of(1, 2)), x, x));
    m.put(
        "convolution",
        (t, x) ->
            t.conv2d(
                x,
                t.cast(t.op(new MoveOp.Iota(Type.of(DType.I32, 2, 3, 3, 3), 1)), DType.F64),
                Geometry.square(3, 1, 1)));
    m.put("largest of windows", (t, x) -> t.maxPool(x, Geometry.square(2, 2, 0)));
    m.put("sum of windows", (t, x) -> t.windowSum(x, Geometry.square(2, 1, 1)));
    return m;
  }

  private static List<Extent> join(Tensor x, int n) {
    return List.of(x.type().extents().get(0), Extent.of(n));
  }

  private static Program program(
      BiFunction<Trace, Tensor, Tensor> f, java.util.function.Function<Trace, Extent> rows) {
    return Trace.program(
        "sizes",
        true,
        t -> {
          List<Extent> extents = new ArrayList<>(List.of(rows.apply(t)));
          extents.addAll(Type.of(DType.F64, 4, 4, 3).extents());
          Tensor x = t.input("x", new Type(DType.F64, extents));
          Tensor y = f.apply(t, x);
          Value loss = t.sum(t.mul(y, y)).value();
          Map<String, Value> g =
              Reverse.gradients(t.emit(), t.nodes(), loss, Map.of("x", x.value()));
          t.output("y", y);
          t.output("dx", new Tensor(g.get("x")));
        });
  }

  @TestFactory
  Stream<DynamicTest> aRunTimeSizeMeansTheSameAsAStaticOne() {
    return ops().entrySet().stream()
        .map(op ->
            DynamicTest.dynamicTest(
                op.getKey(),
                () -> {
                  Program ragged =
                      MethodShapesTest.checked(
                          program(
                              op.getValue(),
                              t ->
                                  new Extent.Ragged(
                                      CAPACITY, t.input("n", Type.of(DType.I32)).value())),
                          Map.of());
                  for (int n : IntStream.rangeClosed(0, CAPACITY).toArray()) {
                    Program fixed = program(op.getValue(), t -> Extent.of(n));
                    Random r = new Random(n);
                    HostTensor x =
                        HostTensor.fill(Type.of(DType.F64, n, 4, 4, 3), i -> r.nextDouble() - 0.5);
                    Map<String, HostTensor> a =
                        Interpreter.run(
                                ragged,
                                Map.of("x", x, "n", HostTensor.scalar(DType.I32, n)),
                                Map.of())
                            .outputs();
                    Map<String, HostTensor> b =
                        Interpreter.run(fixed, Map.of("x", x), Map.of()).outputs();
                    assertThat(a.get("y").sameBits(b.get("y"))).as("y, %d rows", n).isTrue();
                    assertThat(a.get("dx").sameBits(b.get("dx"))).as("dx, %d", n).isTrue();
                  }
                }));
  }
}
