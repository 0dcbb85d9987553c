package dev.retrograde.nn;

import static dev.retrograde.nn.Layers.batchNorm;
import static dev.retrograde.nn.Layers.dropout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NormAndDropoutTest {
  private static final Type X = Type.of(DType.F64, 4, 3, 3, 2);

  @Test
  void trainingNormalisesByTheBatchAndMovesTheStatistics() {
    Probe p = Probe.of(batchNorm(), true, X);
    HostTensor x = p.inputs.get("x");
    HostTensor w = p.state.get("weight");
    HostTensor b = p.state.get("bias");
    Interpreter.Result r = p.run();
    for (int c = 0; c < 2; c++) {
      double mean = 0;
      for (int i = c; i < x.size(); i += 2) {
        mean += x.get(i) / 36;
      }
      double var = 0;
      for (int i = c; i < x.size(); i += 2) {
        var += (x.get(i) - mean) * (x.get(i) - mean) / 36;
      }
      for (int i = c; i < x.size(); i += 2) {
        double y = (x.get(i) - mean) / Math.sqrt(var + 1e-5) * w.get(c) + b.get(c);
        assertThat(r.outputs().get("y").get(i)).isCloseTo(y, within(1e-12));
      }
      assertThat(r.updates().get("running_mean").get(c))
          .isCloseTo(0.9 * p.state.get("running_mean").get(c) + 0.1 * mean, within(1e-12));
      assertThat(r.updates().get("running_var").get(c))
          .isCloseTo(0.9 * p.state.get("running_var").get(c) + 0.1 * var * 36 / 35, within(1e-12));
    }
  }

  @Test
  void evaluationNormalisesByTheStatisticsAndLeavesThem() {
    Probe p = Probe.of(batchNorm(), false, X);
    HostTensor x = p.inputs.get("x");
    Interpreter.Result r = p.run();
    assertThat(r.updates()).isEmpty();
    for (int i = 0; i < x.size(); i++) {
      int c = i % 2;
      double y =
          (x.get(i) - p.state.get("running_mean").get(c))
                  / Math.sqrt(p.state.get("running_var").get(c) + 1e-5)
                  * p.state.get("weight").get(c)
              + p.state.get("bias").get(c);
      assertThat(r.outputs().get("y").get(i)).isCloseTo(y, within(1e-12));
    }
  }

  @Test
  void theShortGradientIsThatOfThePlainFormula() {
    Interpreter.Result fast = Probe.of(batchNorm(), true, X).run();
    Interpreter.Result plain = Probe.of(batchNorm().twice(), true, X).run();
    for (String name : new String[] {"y", "d x", "d weight", "d bias"}) {
      assertThat(fast.outputs().get(name).toDoubles())
          .containsExactly(plain.outputs().get(name).toDoubles(), within(1e-12));
    }
  }

  /// One image-sized value, the centred input, is all that backward reads.
  @Test
  void backwardReadsOneTensorOfTheInputsSize() {
    Program p = Probe.of(batchNorm(), true, X).program;
    long kept =
        p.nodes().stream()
            .filter(n -> n.origin().phase() == Phase.FORWARD)
            .filter(n -> !n.op().free() && !(n.op() instanceof MoveOp.Literal))
            .flatMap(n -> n.results().stream())
            .filter(v -> v.type().size() == X.size() && readBackward(p, v))
            .count();
    assertThat(kept).isEqualTo(1);
  }

  private static boolean readBackward(Program p, Value v) {
    return p.nodes().stream()
        .filter(n -> n.origin().phase() == Phase.BACKWARD)
        .anyMatch(n -> n.operands().contains(v));
  }

  /// The gradient of a gradient, against central differences: exact for the plain formula, and not
  /// for the short one, as its documentation says.
  @Test
  void onlyThePlainFormulaDifferentiatesAgain() {
    Type small = Type.of(DType.F64, 4, 2);
    assertThat(gradientOfGradient(batchNorm().twice(), small).gradientError()).isLessThan(1e-7);
    assertThat(gradientOfGradient(batchNorm(), small).gradientError()).isGreaterThan(1e-3);
  }

  private static Probe gradientOfGradient(Layer layer, Type input) {
    return Probe.scalar(
        input,
        (t, x) -> {
          Tensor y = layer.apply(t, x);
          Tensor loss = t.sum(t.mul(t.mul(y, y), y));
          Value g =
              Reverse.gradients(t.emit(), t.nodes(), loss.value(), Map.of("x", x.value())).get("x");
          // Cubes: gradients sum to 0 over a channel, which squares would not tell apart.
          Tensor d = new Tensor(g);
          return t.sum(t.mul(d, t.mul(d, d)));
        });
  }

  @Test
  void oneValueAChannelGivesTheBiasAndFiniteStatistics() {
    Probe p = Probe.of(batchNorm(), true, Type.of(DType.F32, 1, 3));
    Interpreter.Result r = p.run();
    assertThat(r.outputs().get("y").toDoubles()).containsExactly(p.state.get("bias").toDoubles());
    assertThat(Arrays.stream(r.updates().get("running_var").toDoubles()))
        .allMatch(Double::isFinite);
  }

  @Test
  void dropoutZeroesTheRateAndScalesTheRest() {
    Type t = Type.of(DType.F32, 100, 100);
    Probe p = Probe.of(dropout(0.25), true, t);
    HostTensor x = p.inputs.get("x");
    HostTensor y = p.output("y");
    int zeros = 0;
    for (int i = 0; i < y.size(); i++) {
      if (y.get(i) == 0) {
        zeros++;
      } else {
        assertThat(y.get(i)).isEqualTo((float) ((float) x.get(i) * (float) (1 / 0.75)));
      }
    }
    assertThat(zeros / 10_000.0).isCloseTo(0.25, within(0.02));
    HostTensor again = p.output("y");
    assertThat(again.sameBits(y)).isTrue();
    p.inputs.put("key", HostTensor.of(Type.of(DType.I32, 2), 5, 6));
    assertThat(p.output("y").sameBits(y)).isFalse();
  }

  @Test
  void dropoutPassesGradientsWhereItPassesValuesAndNothingInEvaluation() {
    assertThat(Probe.of(dropout(0.5), true, Type.of(DType.F64, 5, 7)).gradientError())
        .isLessThan(1e-8);
    Probe off = Probe.of(dropout(0.5), false, Type.of(DType.F64, 5, 7));
    assertThat(off.output("y").sameBits(off.inputs.get("x"))).isTrue();
  }
}
