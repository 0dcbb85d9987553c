package dev.retrograde.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.ShapeException;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Trace;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LossesTest {
  private static final Type LOGITS = Type.of(DType.F64, 4, 3);

  private static Probe loss(Loss loss, Type logits) {
    return Probe.scalar(
        logits, (t, x) -> loss.mean(t, x, t.input("y", Type.of(DType.I32, logits.dim(0)))));
  }

  @Test
  void crossEntropyIsTheMeanLogLikelihoodAndItsGradientSoftmaxLessOneHot() {
    Probe p = loss(Losses.crossEntropy(), LOGITS);
    HostTensor z = p.inputs.get("x");
    HostTensor y = p.inputs.get("y");
    HostTensor g = p.output("d x");
    double expected = 0;
    for (int n = 0; n < 4; n++) {
      double sum = 0;
      for (int k = 0; k < 3; k++) {
        sum += Math.exp(z.get(n * 3 + k));
      }
      expected += (Math.log(sum) - z.get(n * 3 + (int) y.get(n))) / 4;
      for (int k = 0; k < 3; k++) {
        double hit = k == y.get(n) ? 1 : 0;
        assertThat(g.get(n * 3 + k))
            .isCloseTo((Math.exp(z.get(n * 3 + k)) / sum - hit) / 4, within(1e-13));
      }
    }
    assertThat(p.loss()).isCloseTo(expected, within(1e-13));
    assertThat(p.gradientError()).isLessThan(1e-8);
  }

  @Test
  void crossEntropyIsFiniteForHugeLogitsAndForForbiddenClasses() {
    Type t = Type.of(DType.F32, 1, 3);
    Probe p = loss(Losses.crossEntropy(), t);
    p.inputs.put("y", HostTensor.of(Type.of(DType.I32, 1), 1));
    p.inputs.put("x", HostTensor.of(t, 1e30, 1e30, -1e30));
    assertThat(p.loss()).isCloseTo(Math.log(2), within(1e-6));
    p.inputs.put("x", HostTensor.of(t, Double.NEGATIVE_INFINITY, 2, 2));
    assertThat(p.loss()).isCloseTo(Math.log(2), within(1e-6));
    assertThat(p.output("d x").toDoubles()).containsExactly(0, -0.5, 0.5);
    p.inputs.put("x", HostTensor.of(t, Double.NaN, 2, 2));
    assertThat(p.loss()).isNaN();
  }

  @Test
  void meanSquareComparesWithRowsOfTheClasses() {
    Probe p = loss(Losses.mse(), LOGITS);
    HostTensor z = p.inputs.get("x");
    double expected = 0;
    for (int i = 0; i < 12; i++) {
      double d = z.get(i) - (i % 3 == p.inputs.get("y").get(i / 3) ? 1 : 0);
      expected += d * d / 12;
    }
    assertThat(p.loss()).isCloseTo(expected, within(1e-13));
    assertThat(p.gradientError()).isLessThan(1e-8);
    Probe numbers = Probe.scalar(LOGITS, (t, x) -> Losses.mse().mean(t, x, t.input("y", LOGITS)));
    assertThat(numbers.gradientError()).isLessThan(1e-8);
  }

  @Test
  void correctCountsRowsLargestAtTheirLabel() {
    Type t = Type.of(DType.F32, 3, 2);
    Type labels = Type.of(DType.I32, 3);
    Program p =
        Trace.program(
            "p",
            false,
            tr -> tr.output("n", Losses.correct(tr, tr.input("x", t), tr.input("y", labels))));
    HostTensor n =
        Interpreter.run(
                p,
                Map.of(
                    "x", HostTensor.of(t, 1, 2, 2, 1, 3, 3), "y", HostTensor.of(labels, 1, 1, 0)),
                Map.of())
            .outputs()
            .get("n");
    assertThat(n.get(0)).isEqualTo(2);
  }

  @Test
  void imagesAreNoLogits() {
    assertThatThrownBy(() -> loss(Losses.crossEntropy(), Type.of(DType.F32, 2, 4, 4, 3)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("expected logits [batch, classes]")
        .hasMessageContaining("dense(classes)");
  }
}
