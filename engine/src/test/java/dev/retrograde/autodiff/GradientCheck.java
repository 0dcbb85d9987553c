package dev.retrograde.autodiff;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Parser;
import dev.retrograde.ir.Printer;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.Verifier;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.LinkedHashMap;
import java.util.Map;

/// Gradients of traced functions against central differences in f64, step 1e-5, relative error at
/// most 1e-6 (specs/lantern.md, section 6).
final class GradientCheck {
  private static final double STEP = 1e-5;
  private static final double TOLERANCE = 1e-6;

  private final Map<String, HostTensor> inputs = new LinkedHashMap<>();
  private final Map<String, HostTensor> state = new LinkedHashMap<>();
  private final Loss loss;

  /// A scalar of inputs and state, by name.
  @FunctionalInterface
  interface Loss {
    Tensor of(Trace t, Map<String, Tensor> in);
  }

  private GradientCheck(Loss loss) {
    this.loss = loss;
  }

  static GradientCheck of(Loss loss) {
    return new GradientCheck(loss);
  }

  GradientCheck input(String name, HostTensor v) {
    inputs.put(name, v);
    return this;
  }

  GradientCheck state(String name, HostTensor v) {
    state.put(name, v);
    return this;
  }

  private Map<String, Tensor> declare(Trace t) {
    Map<String, Tensor> in = new LinkedHashMap<>();
    inputs.forEach((n, v) -> in.put(n, t.input(n, v.type())));
    state.forEach((n, v) -> in.put(n, t.state(n, Role.PARAMETER, v.type(), new Init.Fill(0))));
    return in;
  }

  Program primal() {
    return Verifier.verify(
        Trace.program("primal", true, t -> t.output("loss", loss.of(t, declare(t)))));
  }

  /// Loss and gradients of all floating inputs and state.
  Program joint(Reverse.Options options) {
    return checked(
        Trace.program(
            "joint",
            true,
            t -> {
              Map<String, Tensor> in = declare(t);
              Tensor l = loss.of(t, in);
              t.output("loss", l);
              Map<String, Value> wrt = new LinkedHashMap<>();
              in.forEach((n, v) -> {
                if (v.dtype().isFloat()) {
                  wrt.put(n, v.value());
                }
              });
              Reverse.gradients(t.emit(), t.nodes(), l.value(), wrt, options)
                  .forEach((n, g) -> t.output("d " + n, new Tensor(g)));
            }));
  }

  /// Verified, and what its own text says.
  static Program checked(Program p) {
    String text = Printer.print(Verifier.verify(p));
    Program again = Verifier.verify(Parser.parse(text, Map.of()));
    assertThat(Printer.print(again)).isEqualTo(text);
    return again;
  }

  Map<String, HostTensor> run(Program p) {
    return Interpreter.run(p, inputs, state).outputs();
  }

  private double value(Program p) {
    return run(p).get("loss").get(0);
  }

  /// Compares the gradients, formed in both orders, with central differences.
  Program check() {
    Program primal = primal();
    Program strict = joint(Reverse.Options.STRICT);
    Program deferred = joint(Reverse.Options.DEFAULT);
    Map<String, HostTensor> one = run(strict);
    Map<String, HostTensor> other = run(deferred);
    assertThat(one.get("loss").sameBits(run(primal).get("loss"))).as("loss").isTrue();
    assertThat(other.get("loss").sameBits(one.get("loss"))).as("loss").isTrue();
    Map<String, HostTensor> all = new LinkedHashMap<>(inputs);
    all.putAll(state);
    all.forEach((name, x) -> {
      if (x.dtype().isFloat()) {
        compare(primal, name, x, one.get("d " + name), other.get("d " + name));
      }
    });
    return deferred;
  }

  private void compare(
      Program primal, String name, HostTensor x, HostTensor strict, HostTensor deferred) {
    for (int i = 0; i < x.size(); i++) {
      double at = x.get(i);
      x.set(i, at + STEP);
      double up = value(primal);
      x.set(i, at - STEP);
      double down = value(primal);
      x.set(i, at);
      double expected = (up - down) / (2 * STEP);
      near("d " + name + "[" + i + "] in order", strict.get(i), expected);
      near("d " + name + "[" + i + "] deferred", deferred.get(i), expected);
    }
  }

  private static void near(String what, double found, double expected) {
    assertThat(Math.abs(found - expected) / Math.max(1, Math.abs(expected)))
        .as("%s: found %s, central difference %s", what, found, expected)
        .isLessThan(TOLERANCE);
  }
}
