package dev.retrograde.nn.update;

import static dev.retrograde.nn.update.Optimizers.adagrad;
import static dev.retrograde.nn.update.Optimizers.adam;
import static dev.retrograde.nn.update.Optimizers.adamw;
import static dev.retrograde.nn.update.Optimizers.sgd;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Each optimiser over 100 steps beside its published form as a plain loop. The objective is `sum(c
/// p^2 / 2 - p)`, its gradient `c p - 1`; the rate falls during the run.
class OptimizersTest {
  private static final int N = 5;
  private static final double[] CURVE = {0.1, 0.5, 1, 2, 4};
  private static final double[] START = {1, -2, 3, 0.25, -0.5};

  /// One coordinate of a published update.
  private interface Form {
    double next(double p, double g, double lr, int t);
  }

  private static double[] run(Optimizer o, DType d) {
    Type type = Type.of(d, N);
    Program step =
        Trace.program(
            "step",
            true,
            t -> {
              Tensor lr = t.input("lr", Type.of(d));
              Tensor c = t.input("curve", type);
              Map<String, Tensor> gradients = new LinkedHashMap<>();
              for (String name : new String[] {"a.weight", "a.bias"}) {
                Tensor p = t.state(name, Role.PARAMETER, type, new Init.Fill(0));
                gradients.put(name, t.add(t.mul(c, p), -1));
              }
              o.update(t, gradients, lr);
            });
    Map<String, HostTensor> state = new HashMap<>();
    for (Program.StateParam s : step.state()) {
      double fill = s.entry().init() instanceof Init.Fill f ? f.value() : Double.NaN;
      state.put(s.entry().name(), HostTensor.fill(s.entry().type(), i -> fill));
    }
    state.put("a.weight", HostTensor.of(type, START));
    state.put("a.bias", HostTensor.of(type, START));
    for (int k = 0; k < 100; k++) {
      HostTensor lr = HostTensor.scalar(d, rate(o, k));
      state.putAll(
          Interpreter.run(step, Map.of("lr", lr, "curve", HostTensor.of(type, CURVE)), state)
              .updates());
    }
    double[] out = new double[2 * N];
    System.arraycopy(state.get("a.weight").toDoubles(), 0, out, 0, N);
    System.arraycopy(state.get("a.bias").toDoubles(), 0, out, N, N);
    return out;
  }

  private static double rate(Optimizer o, int step) {
    return o.rate() * (step < 50 ? 1 : 0.25);
  }

  private static void check(
      Optimizer o,
      java.util.function.IntFunction<Form> weight,
      java.util.function.IntFunction<Form> bias) {
    double[] expected = new double[2 * N];
    for (int i = 0; i < 2 * N; i++) {
      Form f = i < N ? weight.apply(i) : bias.apply(i);
      double p = START[i % N];
      for (int k = 0; k < 100; k++) {
        p = f.next(p, CURVE[i % N] * p - 1, rate(o, k), k + 1);
      }
      expected[i] = p;
    }
    assertThat(run(o, DType.F64)).containsExactly(expected, within(1e-12));
    // 100 steps of rounding to 24 bits.
    assertThat(run(o, DType.F32)).containsExactly(expected, within(2e-5));
  }

  @Test
  void sgdIsThePlainLoop() {
    java.util.function.IntFunction<Form> f = i -> (p, g, lr, t) -> p - lr * g;
    check(sgd(0.1), f, f);
  }

  @Test
  void momentumAndDecayAreThePlainLoopAndSparedParametersDoNotDecay() {
    check(
        sgd(0.05).momentum(0.9).weightDecay(0.01).except("**.bias"),
        i -> new Velocity(0.9, 0.01, false),
        i -> new Velocity(0.9, 0, false));
  }

  @Test
  void nesterovIsThePlainLoop() {
    check(
        sgd(0.05).momentum(0.8).nesterov(),
        i -> new Velocity(0.8, 0, true),
        i -> new Velocity(0.8, 0, true));
  }

  @Test
  void adamIsThePublishedAlgorithm() {
    check(adam(0.05), i -> new Moments(0.9, 0.999, 0, 0), i -> new Moments(0.9, 0.999, 0, 0));
    check(
        adam(0.05).betas(0.8, 0.95).weightDecay(0.1),
        i -> new Moments(0.8, 0.95, 0.1, 0),
        i -> new Moments(0.8, 0.95, 0.1, 0));
  }

  @Test
  void adamwDecaysOutsideOfTheMoments() {
    check(
        adamw(0.05).except("a.bias"),
        i -> new Moments(0.9, 0.999, 0, 0.01),
        i -> new Moments(0.9, 0.999, 0, 0));
  }

  @Test
  void adagradIsThePlainLoopWithClippedGradients() {
    check(
        adagrad(0.1),
        i -> new Squares(Double.POSITIVE_INFINITY, 0),
        i -> new Squares(Double.POSITIVE_INFINITY, 0));
    check(
        adagrad(0.1).clip(0.5).weightDecay(0.1).except("**.bias"),
        i -> new Squares(0.5, 0.1),
        i -> new Squares(0.5, 0));
  }

  private static final class Squares implements Form {
    private final double clip;
    private final double decay;
    private double sum;

    Squares(double clip, double decay) {
      this.clip = clip;
      this.decay = decay;
    }

    @Override
    public double next(double p, double gradient, double lr, int t) {
      double g = Math.clamp(gradient, -clip, clip) + decay * p;
      sum += g * g;
      return p - lr * g / Math.sqrt(sum + 1e-8);
    }
  }

  private static final class Velocity implements Form {
    private final double momentum;
    private final double decay;
    private final boolean nesterov;
    private double v;

    Velocity(double momentum, double decay, boolean nesterov) {
      this.momentum = momentum;
      this.decay = decay;
      this.nesterov = nesterov;
    }

    @Override
    public double next(double p, double gradient, double lr, int t) {
      double g = gradient + decay * p;
      v = momentum * v + g;
      return p - lr * (nesterov ? g + momentum * v : v);
    }
  }

  private static final class Moments implements Form {
    private final double b1;
    private final double b2;
    private final double coupled;
    private final double decoupled;
    private double m;
    private double v;

    Moments(double b1, double b2, double coupled, double decoupled) {
      this.b1 = b1;
      this.b2 = b2;
      this.coupled = coupled;
      this.decoupled = decoupled;
    }

    @Override
    public double next(double p, double gradient, double lr, int t) {
      double g = gradient + coupled * p;
      m = b1 * m + (1 - b1) * g;
      v = b2 * v + (1 - b2) * g * g;
      double mHat = m / (1 - Math.pow(b1, t));
      double vHat = v / (1 - Math.pow(b2, t));
      return p - lr * decoupled * p - lr * mHat / (Math.sqrt(vHat) + 1e-8);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sgd:0.1",
        "sgd:0.1:momentum=0.9:nesterov:decay=2.0E-4:except=**.bias",
        "adam:0.001",
        "adam:0.001:beta1=0.8:epsilon=1.0E-6",
        "adagrad:0.1",
        "adagrad:0.05:epsilon=1.0E-6:clip=5.0:decay=0.1:except=*.bias",
        "adamw:0.002:decay=0.05:except=*.bias:except=bn*.**",
      })
  void specsRoundTrip(String spec) {
    assertThat(Optimizers.parse(spec, 9).spec()).isEqualTo(spec);
  }

  @Test
  void specsTakeARateFromOutsideAndSayWhatIsWrong() {
    assertThat(Optimizers.parse("sgd:momentum=0.9", 0.2).spec()).isEqualTo("sgd:0.2:momentum=0.9");
    assertThat(Optimizers.parse("adam", 0.3).rate()).isEqualTo(0.3);
    assertThatThrownBy(() -> Optimizers.parse("lion", 1)).hasMessageContaining("adamw");
    assertThatThrownBy(() -> Optimizers.parse("sgd:0.1:beta1=1", 1))
        .hasMessageContaining("momentum, nesterov");
    assertThatThrownBy(() -> Optimizers.parse("sgd:fast", 1)).hasMessageContaining("'fast'");
    assertThatThrownBy(() -> adagrad(1).clip(0)).hasMessageContaining("a clip above 0");
    assertThatThrownBy(() -> sgd(-1)).hasMessageContaining("above 0");
  }
}
