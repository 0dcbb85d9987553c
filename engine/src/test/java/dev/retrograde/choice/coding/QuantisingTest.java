package dev.retrograde.choice.coding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Codes of 8 and 4 bits (checks C7 and C14 of the specification of compressed activations).
class QuantisingTest {
  record Row(int bits, Type type) {}

  static Stream<Row> rows() {
    return Stream.of(8, 4)
        .flatMap(bits ->
            Stream.of(
                    Type.of(DType.F32, 4, 6, 5, 19),
                    Type.of(DType.F32, 3, 5, 7, 16),
                    Type.of(DType.F32, 3, 5, 7, 1),
                    Type.of(DType.F32, 5, 33),
                    Type.of(DType.F32, 6, 7),
                    Type.of(DType.F32, 3, 3, 8),
                    Type.of(DType.F32, 207),
                    Type.of(DType.F32, 64),
                    Type.of(DType.F32),
                    Type.of(DType.F64, 3, 4, 4, 9))
                .map(t -> new Row(bits, t)));
  }

  private static List<HostTensor> code(Quantising q, HostTensor x, HostTensor key, int stream) {
    return CodeRuns.run(
        List.of(x, key),
        0,
        (e, in) -> {
          List<Value> kept = q.encode(e, in.get(0), new Code.Draw(in.get(1), stream));
          return List.of(kept.get(0), kept.get(1), kept.get(2), q.decode(e, kept, x.type()));
        });
  }

  /// C14 and C7: every element within one step of what it was, in exactly the bytes promised.
  @ParameterizedTest
  @MethodSource("rows")
  void elementsComeBackWithinAStep(Row r) {
    HostTensor x = CodeRuns.gaussian(r.type, 1);
    Quantising q = new Quantising(r.bits);
    List<HostTensor> out = code(q, x, CodeRuns.key(7, 3), 11);
    int channels = r.type.rank() < 2 ? 1 : x.dim(r.type.rank() - 1);
    double eps = r.type.dtype() == DType.F32 ? 0x1p-22 : 0x1p-50;
    double[] lo = new double[channels];
    double[] hi = new double[channels];
    java.util.Arrays.fill(lo, Double.POSITIVE_INFINITY);
    java.util.Arrays.fill(hi, Double.NEGATIVE_INFINITY);
    for (int i = 0; i < x.size(); i++) {
      lo[i % channels] = Math.min(lo[i % channels], x.get(i));
      hi[i % channels] = Math.max(hi[i % channels], x.get(i));
    }
    for (int i = 0; i < x.size(); i++) {
      int c = i % channels;
      double step = (hi[c] - lo[c]) / ((1 << r.bits) - 1);
      double error = Math.abs(out.get(3).get(i) - x.get(i));
      assertThat(error)
          .as("%s element %d", r, i)
          .isLessThanOrEqualTo(step + eps * 4 * Math.max(Math.abs(lo[c]), Math.abs(hi[c])));
      assertThat(out.get(1).get(c)).isEqualTo(lo[c]);
    }
    long kept = out.subList(0, 3).stream().mapToLong(h -> h.type().bytes()).sum();
    long codes = r.bits == 8 ? r.type.size() : (r.type.size() + 1) / 2;
    assertThat(kept).isEqualTo(codes + 2L * r.type.dtype().bytes() * channels);
    assertThat(q.bytes(r.type)).isEqualTo(kept);
  }

  /// C14. Ten thousand draws of the same value: their mean is the value, within four standard
  /// errors, wherever between two codes it lies.
  @ParameterizedTest
  @ValueSource(ints = {8, 4})
  void theMeanOfManyDrawsIsTheValue(int bits) {
    int n = 10_000;
    int levels = (1 << bits) - 1;
    // Channel c holds one value again and again, between extremes 0 and `levels`.
    Type t = Type.of(DType.F32, n + 2, 8);
    HostTensor x =
        HostTensor.fill(
            t, i -> i / 8 == 0 ? 0 : i / 8 == 1 ? levels : 1 + (i % 8) * (levels - 2 + 0.125) / 8);
    double[] back = draws(new Quantising(bits), x, 1)[0];
    for (int c = 0; c < 8; c++) {
      double sum = 0;
      for (int i = 2; i < n + 2; i++) {
        sum += back[i * 8 + c];
      }
      double value = x.get(2 * 8 + c);
      double between = value - Math.floor(value);
      double error = Math.sqrt(between * (1 - between) / n);
      assertThat(Math.abs(sum / n - value))
          .as("%d bits, value %f", bits, value)
          .isLessThanOrEqualTo(4 * error + 1e-4);
    }
  }

  /// C14. One element over many steps, and neighbours that do not follow one another.
  @Test
  void drawsOfStepsAndOfNeighboursAreIndependent() {
    int steps = 2_000;
    int n = 16;
    HostTensor x = HostTensor.fill(Type.of(DType.F32, n, 3), i -> i < 3 ? 0 : i < 6 ? 255 : 100.5);
    double[][] up = draws(new Quantising(8), x, steps);
    double limit = 5 / Math.sqrt(steps);
    for (int a = 6; a < n * 3; a++) {
      for (int b = a; b < n * 3; b++) {
        double mean = 0;
        double now = 0;
        double next = 0;
        for (int s = 0; s < steps; s++) {
          double u = up[s][a] - 100.5;
          mean += u / steps;
          now += 4 * u * (up[s][b] - 100.5) / steps;
          next += 4 * u * (up[(s + 1) % steps][b] - 100.5) / steps;
        }
        assertThat(Math.abs(mean)).as("mean of %d", a).isLessThan(limit);
        assertThat(Math.abs(now)).as("%d and %d", a, b).isLessThan(a == b ? 1.001 : limit);
        assertThat(Math.abs(next)).as("%d and %d a step later", a, b).isLessThan(limit);
      }
    }
  }

  /// What comes back in each of many steps, from one executable.
  private static double[][] draws(Quantising q, HostTensor x, int steps) {
    double[][] out = new double[steps][];
    CodeRuns.repeat(
        List.of(x, CodeRuns.key(7, 0)),
        (e, in) -> {
          Code.Draw draw = new Code.Draw(in.get(1), 11);
          return List.of(q.decode(e, q.encode(e, in.get(0), draw), x.type()));
        },
        again -> {
          for (int s = 0; s < steps; s++) {
            out[s] = again.apply(List.of(x, CodeRuns.key(7, s))).get(0).toDoubles();
          }
        });
    return out;
  }

  /// C14.
  @Test
  void equalDrawsGiveEqualCodesAndOthersDoNot() {
    HostTensor x = CodeRuns.gaussian(Type.of(DType.F32, 8, 4, 4, 5), 1);
    Quantising q = new Quantising(8);
    HostTensor first = code(q, x, CodeRuns.key(7, 3), 11).get(0);
    assertThat(code(q, x, CodeRuns.key(7, 3), 11).get(0).sameBits(first)).isTrue();
    for (HostTensor other :
        List.of(
            code(q, x, CodeRuns.key(8, 3), 11).get(0),
            code(q, x, CodeRuns.key(7, 4), 11).get(0),
            code(q, x, CodeRuns.key(7, 3), 12).get(0))) {
      int equal = 0;
      for (int i = 0; i < x.size(); i++) {
        equal += other.get(i) == first.get(i) ? 1 : 0;
      }
      // Two thirds of the elements round alike: 1 - 2 u (1 - u) on average over u.
      assertThat(equal).isBetween(x.size() / 2, x.size() * 5 / 6);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 4})
  void channelsWithoutSpreadAreExact(int bits) {
    double[] value = {0, -0.0, 1.1, -3e38, 1e-40, 1e30};
    HostTensor x = HostTensor.fill(Type.of(DType.F32, 7, 6), i -> value[i % 6]);
    HostTensor back = code(new Quantising(bits), x, CodeRuns.key(7, 3), 11).get(3);
    for (int i = 0; i < x.size(); i++) {
      assertThat(back.get(i) == x.get(i)).as("element %d: %s", i, back.get(i)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void whatIsNoNumberShows(double bad) {
    for (int bits : new int[] {8, 4}) {
      HostTensor noise = CodeRuns.gaussian(Type.of(DType.F32, 6, 5, 4), 1);
      HostTensor x = HostTensor.fill(noise.type(), i -> i == 33 ? bad : noise.get(i));
      HostTensor back = code(new Quantising(bits), x, CodeRuns.key(7, 3), 11).get(3);
      for (int i = 0; i < x.size(); i++) {
        assertThat(Double.isNaN(back.get(i))).as("element %d", i).isEqualTo(i % 4 == 1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-44, 1e-38, 1e-30, 1e37})
  void rangesOfAnySizeStayInRange(double scale) {
    HostTensor noise = CodeRuns.gaussian(Type.of(DType.F32, 50, 3), 1);
    HostTensor x = HostTensor.fill(noise.type(), i -> scale * noise.get(i));
    List<HostTensor> out = code(new Quantising(8), x, CodeRuns.key(7, 3), 11);
    for (int i = 0; i < x.size(); i++) {
      double error = Math.abs(out.get(3).get(i) - x.get(i));
      assertThat(error).isLessThanOrEqualTo(out.get(2).get(i % 3) * 1.0001 + 1e-45);
    }
  }

  @Test
  void whatHasNoGridIsRefused() {
    Emit e = new Emit();
    Value whole = e.parameter(Type.of(DType.I32, 4, 4));
    Code.Draw draw = new Code.Draw(e.parameter(Type.of(DType.I32, 2)), 0);
    assertThatThrownBy(() -> new Quantising(8).encode(e, whole, draw))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("only f32 and f64");
    assertThat(new Quantising(8).refuses(Type.of(DType.F32, 0, 4))).contains("no elements");
    assertThatThrownBy(() -> new Quantising(2)).hasMessageContaining("found 2");
  }
}
