package dev.retrograde.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EmbeddingTest {
  private static final Type CODES = Type.of(DType.I32, 2, 2);

  @Test
  void codesPickRowsAndEqualCodesAddTheirGradients() {
    HostTensor weights = HostTensor.of(Type.of(DType.F64, 2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8);
    Program program =
        Trace.program(
            "test",
            true,
            t -> {
              Tensor x = t.input("x", CODES);
              Tensor y = Layers.embedding(4, 2).dtype(DType.F64).apply(t, x);
              t.output("y", y);
              Tensor loss = t.sum(t.mul(y, t.op(new MoveOp.Literal(weights))));
              Reverse.gradients(
                      t.emit(),
                      t.nodes(),
                      loss.value(),
                      Map.of("weight", t.stateValue("weight").value()))
                  .forEach((name, g) -> t.output("d", new Tensor(g)));
            });
    HostTensor table = HostTensor.fill(Type.of(DType.F64, 4, 2), i -> 10 + i);
    HostTensor codes = HostTensor.of(CODES, 3, 1, 1, 0);
    Map<String, HostTensor> out =
        Interpreter.run(program, Map.of("x", codes), Map.of("weight", table)).outputs();
    assertThat(numbers(out.get("y"))).containsExactly(16, 17, 12, 13, 12, 13, 10, 11);
    assertThat(numbers(out.get("d"))).containsExactly(7, 8, 8, 10, 0, 0, 1, 2);
  }

  private static double[] numbers(HostTensor x) {
    double[] all = new double[x.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = x.get(i);
    }
    return all;
  }

  @Test
  void aFrozenTableIsNoParameter() {
    Summary s = Summary.of(Layers.embedding(5, 3).freeze(), CODES);
    assertThat(s.parameters()).isZero();
    assertThat(s.entries()).extracting(e -> e.role()).containsExactly(Role.STATISTIC);
  }

  @Test
  void numbersAreRefused() {
    assertThatThrownBy(() -> Summary.of(Layers.embedding(5, 3), Type.of(DType.F32, 2)))
        .hasMessageContaining("embedding '' (EmbeddingTest.java:")
        .hasMessageContaining("expected codes i32 [...], found f32[2]");
  }

  @Test
  void hardTanhIsFlatOutsideItsBounds() {
    Probe probe =
        Probe.scalar(Type.of(DType.F64, 7), (t, x) -> t.sum(Layers.hardTanh(0, 20).apply(t, x)));
    probe.inputs.put("x", HostTensor.of(Type.of(DType.F64, 7), -3, 0, 1, 19, 20, 25, Double.NaN));
    assertThat(numbers(probe.output("d x"))).startsWith(0, 0, 1, 1, 0, 0);
    assertThat(probe.loss()).isNaN();
    probe.inputs.put("x", HostTensor.of(Type.of(DType.F64, 7), -3, 0, 1, 19, 20, 25, 7));
    assertThat(probe.loss()).isEqualTo(67);
    assertThatThrownBy(() -> Layers.hardTanh(1, 1)).hasMessageContaining("found 1.0 and 1.0");
  }
}
