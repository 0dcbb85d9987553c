package dev.retrograde.autodiff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.Verifier;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/// Compositions of forward and reverse mode against closed forms.
class DerivativesTest {
  private static final DType F = DType.F64;

  /// Runs what `f` builds from x at these numbers.
  private static double[] at(double[] x, BiFunction<Trace, Tensor, Value> f) {
    var p =
        Trace.program(
            "derivative",
            true,
            t -> t.output("y", new Tensor(f.apply(t, t.input("x", Type.of(F, x.length))))));
    return Interpreter.run(
            Verifier.verify(p), Map.of("x", HostTensor.of(Type.of(F, x.length), x)), Map.of())
        .outputs()
        .get("y")
        .toDoubles();
  }

  private static Tensor ones(Trace t, Tensor x) {
    return t.broadcast(t.constant(F, 1), x.type().extents());
  }

  @Test
  void jacobianOfATallFunctionByForwardMode() {
    // y = [x0 x1, x0^2, x1^2], rows of x and of its products
    double[] j =
        at(
            new double[] {2, 5},
            (t, x) -> {
              Tensor a = t.slice(x, java.util.List.of(0), java.util.List.of(1));
              Tensor b = t.slice(x, java.util.List.of(1), java.util.List.of(1));
              Tensor y = t.concat(0, t.mul(a, b), t.mul(a, a), t.mul(b, b));
              return Derivatives.jacobian(t.emit(), t.nodes(), y.value(), x.value());
            });
    assertThat(j).containsExactly(5, 2, 4, 0, 0, 10);
  }

  @Test
  void jacobianOfAWideFunctionByReverseMode() {
    double[] j =
        at(
            new double[] {1, 2, 3},
            (t, x) -> {
              Tensor y = t.reshape(t.sum(t.mul(t.mul(x, x), x)), 1, 1);
              Value v = Derivatives.jacobian(t.emit(), t.nodes(), y.value(), x.value());
              assertThat(v.type()).isEqualTo(Type.of(F, 1, 1, 3));
              return v;
            });
    assertThat(j).containsExactly(3, 12, 27);
  }

  @Test
  void jacobianOfWhatDoesNotDependIsZero() {
    double[] j =
        at(
            new double[] {1, 2},
            (t, x) -> {
              Tensor y = t.zeros(Type.of(F, 3));
              return Derivatives.jacobian(t.emit(), t.nodes(), y.value(), x.value());
            });
    assertThat(j).containsExactly(0, 0, 0, 0, 0, 0);
  }

  /// loss = sum(exp(x)) * sum(x): H = diag(exp(x)) sum(x) + exp(x) 1' + 1 exp(x)'.
  @Test
  void hessianTimesVector() {
    double[] x = {0.5, -1, 0.25};
    double[] v = {1, 2, -1};
    double[] h =
        at(
            x,
            (t, in) -> {
              Tensor loss = t.mul(t.sum(t.exp(in)), t.sum(in));
              Value dir = t.emit().literal(HostTensor.of(Type.of(F, 3), v));
              return Derivatives.hessianVector(t.emit(), t.nodes(), loss.value(), in.value(), dir);
            });
    double sum = x[0] + x[1] + x[2];
    double along = v[0] + v[1] + v[2];
    double dot = 0;
    for (int i = 0; i < 3; i++) {
      dot += Math.exp(x[i]) * v[i];
    }
    for (int i = 0; i < 3; i++) {
      double expected = Math.exp(x[i]) * v[i] * sum + Math.exp(x[i]) * along + dot;
      assertThat(h[i]).isCloseTo(expected, within(1e-12));
    }
  }

  @Test
  void hessianOfALinearLossIsZero() {
    double[] h =
        at(
            new double[] {1, 2},
            (t, x) -> {
              Value loss = t.sum(x).value();
              Value v = ones(t, x).value();
              return Derivatives.hessianVector(t.emit(), t.nodes(), loss, x.value(), v);
            });
    assertThat(h).containsExactly(0, 0);
  }

  /// z = x exp(x) / (1 + x^2) row by row, against the quotient rule by hand.
  @Test
  void jetOfOrderTwo() {
    double[] x = {-0.5, 0, 0.75, 2};
    for (int order = 0; order < 3; order++) {
      int k = order;
      double[] z =
          at(
              x,
              (t, in) -> {
                Tensor q = t.add(t.mul(in, in), 1);
                Tensor y = t.div(t.mul(in, t.exp(in)), q);
                Derivatives.Jet jet =
                    Derivatives.jet(
                        t.emit(), t.nodes(), y.value(), in.value(), ones(t, in).value());
                return k == 0 ? jet.value() : k == 1 ? jet.first() : jet.second();
              });
      for (int i = 0; i < x.length; i++) {
        double u = x[i];
        double e = Math.exp(u);
        double n0 = u * e;
        double n1 = (1 + u) * e;
        double n2 = (2 + u) * e;
        double q0 = 1 + u * u;
        double y0 = n0 / q0;
        double y1 = (n1 - y0 * 2 * u) / q0;
        double y2 = (n2 - 2 * y1 * 2 * u - y0 * 2) / q0;
        assertThat(z[i]).isCloseTo(k == 0 ? y0 : k == 1 ? y1 : y2, within(1e-12));
      }
    }
  }

  @Test
  void jetOfAConstantAndOfALinearFunction() {
    double[] second =
        at(
            new double[] {3},
            (t, x) -> {
              Value z = t.mul(x, 2).value();
              Value v = ones(t, x).value();
              return Derivatives.jet(t.emit(), t.nodes(), z, x.value(), v).second();
            });
    assertThat(second).containsExactly(0);
    double[] first =
        at(
            new double[] {3},
            (t, x) -> {
              Value z = t.zeros(x.type()).value();
              Value v = ones(t, x).value();
              return Derivatives.jet(t.emit(), t.nodes(), z, x.value(), v).first();
            });
    assertThat(first).containsExactly(0);
  }
}
