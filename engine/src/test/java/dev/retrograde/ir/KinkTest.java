package dev.retrograde.ir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.ReduceOp.Kind;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Derivatives where there is none: what each op was decided to answer at ties and corners.
class KinkTest {
  /// The cotangents of all operands, one after the other, for cotangents of ones.
  private static double[] back(Op op, HostTensor... operands) {
    Emit e = new Emit();
    List<Program.Named> inputs = new ArrayList<>();
    List<Value> in = new ArrayList<>();
    for (HostTensor t : operands) {
      Value v = e.parameter(t.type());
      inputs.add(new Program.Named("x" + in.size(), v));
      in.add(v);
    }
    List<Value> y = e.addAll(op, in, List.of());
    Value one = e.fill(y.get(0).type(), 1);
    Node n = e.nodes().get(0);
    List<@Nullable Value> cots = new ArrayList<>(MapOp.Derivatives.none(y.size()));
    cots.set(0, one);
    List<Program.Named> outputs = new ArrayList<>();
    Map<String, HostTensor> given = new HashMap<>();
    for (Value v : op.vjp(e, n, cots, in.stream().map(x -> true).toList())) {
      if (v != null) {
        outputs.add(new Program.Named("d" + outputs.size(), v));
      }
    }
    for (int i = 0; i < operands.length; i++) {
      given.put("x" + i, operands[i]);
    }
    Program p = new Program("k", List.of(), inputs, e.nodes(), outputs, List.of(), Map.of());
    return Interpreter.run(Verifier.verify(p), given, Map.of()).outputs().values().stream()
        .flatMapToDouble(t -> Arrays.stream(t.toDoubles()))
        .toArray();
  }

  private static HostTensor x(double... v) {
    return HostTensor.of(Type.of(DType.F32, v.length), v);
  }

  private static MapOp.Map map(ScalarFn f) {
    return new MapOp.Map(ScalarCode.of(f, Collections.nCopies(f.arity(), DType.F32)));
  }

  @Test
  void tiedExtremaShareTheCotangentEvenly() {
    assertThat(back(new ReduceOp.Reduce(Kind.MAX, List.of(0)), x(1, 4, 4, 0, 4, 4)))
        .containsExactly(0, 0.25, 0.25, 0, 0.25, 0.25);
    assertThat(back(new ReduceOp.Reduce(Kind.MIN, List.of(0)), x(2, 1, 1)))
        .containsExactly(0, 0.5, 0.5);
  }

  @Test
  void tiedElementsOfAWindowGiveAllToTheFirst() {
    HostTensor image = x(5, 5, 5, 5).reshaped(List.of(1, 2, 2, 1));
    assertThat(back(new WindowOp.WindowMax(Geometry.square(2, 2, 0)), image))
        .containsExactly(1, 0, 0, 0);
  }

  @Test
  void tiedElementsOfTopKGoByPosition() {
    assertThat(back(new OrderOp.TopK(Extent.of(2)), x(3, 7, 3, 3))).containsExactly(1, 1, 0, 0);
  }

  @Test
  void cornersOfScalarFunctions() {
    assertThat(back(map(Primitive.ABS), x(-2, 0, -0.0, 3))).containsExactly(-1, 0, 0, 1);
    assertThat(back(map(Functions.RELU), x(-2, 0, -0.0, 3))).containsExactly(0, 0, 0, 1);
    assertThat(back(map(Functions.MAXIMUM), x(1, 2, 3), x(2, 2, 2)))
        .containsExactly(0, 1, 1, 1, 0, 0);
    assertThat(back(map(Functions.MINIMUM), x(1, 2, 3), x(2, 2, 2)))
        .containsExactly(1, 1, 0, 0, 0, 1);
  }

  /// A path that is cut passes no NaN: the derivative of what was not chosen may be infinite.
  @Test
  void whatWasNotSelectedPassesNoNaN() {
    HostTensor condition = HostTensor.of(Type.of(DType.BOOL, 2), 1, 0);
    MapOp.Map select =
        new MapOp.Map(ScalarCode.of(Primitive.SELECT, List.of(DType.BOOL, DType.F32, DType.F32)));
    assertThat(back(select, condition, x(Double.NaN, 1), x(1, Double.NaN)))
        .containsExactly(1, 0, 0, 1);
  }
}
