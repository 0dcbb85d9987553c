package dev.retrograde.nn.recurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LengthsTest {
  private static Map<String, HostTensor> with(HostTensor x, double... lengths) {
    Map<String, HostTensor> in = new LinkedHashMap<>();
    in.put("x", x);
    in.put("lengths", Traced.ints(lengths));
    return in;
  }

  @Test
  void whatLiesPastTheEndIsZeroAndGetsNoGradient() {
    HostTensor x = HostTensor.of(Type.of(DType.F64, 2, 3, 1), 1, 2, Double.NaN, Double.NaN, 5, 6);
    Traced traced =
        Traced.differentiated(
            with(x, 2, 0), (t, in) -> List.of(Lengths.mask(t, in.get("x"), in.get("lengths"))));
    assertThat(Traced.numbers(traced.result(0))).containsExactly(1, 2, 0, 0, 0, 0);
    double[] gradient = Traced.numbers(traced.run().get("d x"));
    assertThat(gradient[0]).isNotZero();
    assertThat(gradient).endsWith(0, 0, 0, 0);
  }

  @Test
  void meansCountTheStepsOfEachSequence() {
    HostTensor x = HostTensor.of(Type.of(DType.F64, 3, 2), 1, 3, 5, 7, 9, 11);
    Traced traced =
        Traced.of(
            with(x, 2, 1, 0), (t, in) -> List.of(Lengths.mean(t, in.get("x"), in.get("lengths"))));
    assertThat(Traced.numbers(traced.result(0))).containsExactly(2, 5, 0);
  }

  @Test
  void theSequenceLossIsCrossEntropyAtEveryStep() {
    Map<String, HostTensor> in = with(Traced.random(1, 2, 3, 4), 3, 1);
    in.put("targets", Traced.codes(4, 2, 2, 3));
    Traced traced =
        Traced.differentiated(
            in,
            (t, named) -> {
              SequenceLoss loss = new SequenceLoss();
              return List.of(
                  loss.perSample(t, named.get("x"), named.get("targets"), named.get("lengths")),
                  loss.perSample(t, named.get("x"), named.get("targets")));
            });
    double[][] steps = new double[2][3];
    for (int b = 0; b < 2; b++) {
      for (int k = 0; k < 3; k++) {
        int at = (b * 3 + k) * 4;
        double sum = 0;
        for (int c = 0; c < 4; c++) {
          sum += Math.exp(in.get("x").get(at + c));
        }
        int target = (int) in.get("targets").get(b * 3 + k);
        steps[b][k] = Math.log(sum) - in.get("x").get(at + target);
      }
    }
    double first = (steps[0][0] + steps[0][1] + steps[0][2]) / 3;
    double second = (steps[1][0] + steps[1][1] + steps[1][2]) / 3;
    assertThat(traced.result(0).get(0)).isCloseTo(first, within(1e-12));
    assertThat(traced.result(0).get(1)).isCloseTo(steps[1][0], within(1e-12));
    assertThat(traced.result(1).get(1)).isCloseTo(second, within(1e-12));
    assertThat(traced.gradientError()).isLessThan(1e-8);
  }

  @Test
  void shapesThatDoNotFitAreNamed() {
    assertThatThrownBy(() ->
            Traced.of(
                with(Traced.random(1, 4), 1, 2, 3, 4),
                (t, in) -> List.of(Lengths.mask(t, in.get("x"), in.get("lengths")))))
        .hasMessageContaining("length mask '': expected [batch, time, ...], found f64[4]");
    assertThatThrownBy(() ->
            Traced.of(
                with(Traced.random(1, 2, 3), 1, 2),
                (t, in) ->
                    List.of(new SequenceLoss().perSample(t, in.get("x"), in.get("lengths")))))
        .hasMessageContaining("expected logits [batch, time, classes] and targets");
  }
}
