package dev.retrograde.nn.recurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CtcLossTest {
  private static final int TIME = 5;
  private static final int CLASSES = 3;
  private static final int[][] LABELS = {{1, 2}, {1, 1}, {2}, {}, {2, 1, 2}, {2, 2, 2}, {}, {1}};
  private static final int[] FRAMES = {5, 4, 3, 2, 5, 5, 0, 1};

  private static Map<String, HostTensor> inputs() {
    int n = LABELS.length;
    Map<String, HostTensor> in = new LinkedHashMap<>();
    in.put("logits", Traced.random(2, n, TIME, CLASSES));
    in.put("frames", Traced.ints(Arrays.stream(FRAMES).asDoubleStream().toArray()));
    in.put(
        "labels",
        HostTensor.fill(
            Type.of(DType.I32, n, 3),
            i -> i % 3 < LABELS[i / 3].length ? LABELS[i / 3][i % 3] : 0));
    in.put("lengths", Traced.ints(Arrays.stream(LABELS).mapToDouble(l -> l.length).toArray()));
    return in;
  }

  private static Traced.Body loss(CtcLoss ctc) {
    return (t, in) ->
        List.of(
            ctc.perSample(
                t, in.get("logits"), in.get("frames"), in.get("labels"), in.get("lengths")));
  }

  /// The sum over all ways to give each frame a class.
  private static double brute(double[][] probability, int[] label) {
    int frames = probability.length;
    double sum = 0;
    for (int code = 0; code < Math.pow(CLASSES, frames); code++) {
      double product = 1;
      List<Integer> spelled = new ArrayList<>();
      int before = 0;
      for (int k = 0, rest = code; k < frames; k++, rest /= CLASSES) {
        int c = rest % CLASSES;
        product *= probability[k][c];
        if (c != 0 && (k == 0 || c != before)) {
          spelled.add(c);
        }
        before = c;
      }
      if (spelled.equals(Arrays.stream(label).boxed().toList())) {
        sum += product;
      }
    }
    return -Math.log(sum);
  }

  private static double[][] softmax(HostTensor logits, int sample, int frames) {
    double[][] p = new double[frames][CLASSES];
    for (int k = 0; k < frames; k++) {
      double sum = 0;
      for (int c = 0; c < CLASSES; c++) {
        p[k][c] = Math.exp(logits.get((sample * TIME + k) * CLASSES + c));
        sum += p[k][c];
      }
      for (int c = 0; c < CLASSES; c++) {
        p[k][c] /= sum;
      }
    }
    return p;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theLossIsTheSumOverAllPaths(boolean unrolled) {
    Traced traced = Traced.of(inputs(), loss(new CtcLoss(unrolled)));
    double[] found = Traced.numbers(traced.result(0));
    for (int n = 0; n < LABELS.length; n++) {
      double[][] p = softmax(traced.inputs.get("logits"), n, FRAMES[n]);
      assertThat(found[n]).as("sample %d", n).isCloseTo(brute(p, LABELS[n]), within(1e-12));
    }
  }

  @Test
  void aLabelThatItsFramesCannotSpellHasAnInfiniteLossAndNoGradient() {
    Map<String, HostTensor> in = new LinkedHashMap<>();
    in.put("logits", Traced.random(3, 2, 2, CLASSES));
    in.put("frames", Traced.ints(2, 2));
    in.put("labels", HostTensor.of(Type.of(DType.I32, 2, 2), 1, 1, 1, 2));
    in.put("lengths", Traced.ints(2, 2));
    Traced traced = Traced.differentiated(in, loss(new CtcLoss(true)));
    assertThat(traced.result(0).get(0)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(traced.result(0).get(1)).isFinite();
    double[] gradient = Traced.numbers(traced.run().get("d logits"));
    assertThat(Arrays.copyOf(gradient, 6)).containsOnly(0.0);
    assertThat(gradient[6]).isNotZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theGradientIsSoftmaxLessTheShareOfPathsAtEachClass(boolean unrolled) {
    Map<String, HostTensor> in = inputs();
    Traced traced =
        Traced.differentiated(
            in, (t, named) -> List.of(t.sum(loss(new CtcLoss(unrolled)).trace(t, named).get(0))));
    double scale = new Random(11).nextGaussian();
    double[] gradient = Traced.numbers(traced.run().get("d logits"));
    for (int n = 0; n < LABELS.length; n++) {
      double[][] p = softmax(in.get("logits"), n, FRAMES[n]);
      double all = Math.exp(-brute(p, LABELS[n]));
      for (int k = 0; k < TIME; k++) {
        for (int c = 0; c < CLASSES; c++) {
          double expected = 0;
          if (k < FRAMES[n]) {
            double[][] only = Arrays.stream(p).map(double[]::clone).toArray(double[][]::new);
            double kept = only[k][c];
            Arrays.fill(only[k], 0);
            only[k][c] = kept;
            expected = p[k][c] - Math.exp(-brute(only, LABELS[n])) / all;
          }
          assertThat(gradient[(n * TIME + k) * CLASSES + c])
              .isCloseTo(scale * expected, within(1e-12));
        }
      }
    }
    assertThat(traced.gradientError()).isLessThan(1e-7);
  }

  @Test
  void framesPastTheEndDoNotShow() {
    Map<String, HostTensor> in = inputs();
    double[] before = Traced.numbers(Traced.of(in, loss(new CtcLoss())).result(0));
    HostTensor logits = in.get("logits");
    in.put(
        "logits",
        HostTensor.fill(
            logits.type(),
            i -> i / CLASSES % TIME < FRAMES[i / CLASSES / TIME] ? logits.get(i) : Double.NaN));
    Traced traced = Traced.differentiated(in, loss(new CtcLoss(true)));
    assertThat(Traced.numbers(traced.result(0))).isEqualTo(before);
    assertThat(Arrays.stream(Traced.numbers(traced.run().get("d logits"))))
        .allMatch(Double::isFinite);
  }

  @Test
  void longWalksInSinglePrecisionStayFinite() {
    int time = 300;
    Map<String, HostTensor> in = new LinkedHashMap<>();
    Random random = new Random(4);
    in.put(
        "logits", HostTensor.fill(Type.of(DType.F32, 1, time, 29), i -> 8 * random.nextGaussian()));
    in.put("frames", Traced.ints(time));
    in.put("labels", HostTensor.fill(Type.of(DType.I32, 1, 40), i -> 1 + random.nextInt(28)));
    in.put("lengths", Traced.ints(40));
    double single = Traced.of(in, loss(new CtcLoss())).result(0).get(0);
    HostTensor logits = in.get("logits");
    in.put("logits", HostTensor.fill(Type.of(DType.F64, 1, time, 29), i -> logits.get(i)));
    double exact = Traced.of(in, loss(new CtcLoss())).result(0).get(0);
    assertThat(single).isCloseTo(exact, within(1e-5 * exact));
  }

  @Test
  void shapesThatDoNotFitAreNamed() {
    Map<String, HostTensor> in = inputs();
    in.put("labels", Traced.ints(1, 2));
    assertThatThrownBy(() -> Traced.of(in, loss(new CtcLoss())))
        .hasMessageContaining("ctc '': expected labels i32 [8, at least 1], found i32[2]");
  }
}
