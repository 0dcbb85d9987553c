package dev.retrograde.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.interp.CallbackLowering;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Value;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// Programs with their gradients, run on a target and by callbacks.
final class Runs {
  private Runs() {}

  static Program gradients(Function<Trace, Tensor> f, Reverse.Options options) {
    return Trace.program(
        "gradients",
        true,
        t -> {
          Tensor loss = f.apply(t);
          Map<String, Value> wrt = new LinkedHashMap<>();
          t.state().forEach(s -> wrt.put(s.name(), t.stateValue(s.name()).value()));
          t.output("loss", loss);
          Reverse.gradients(t.emit(), t.nodes(), loss.value(), wrt, options)
              .forEach((name, g) -> t.output("d " + name, new Tensor(g)));
        });
  }

  static Program gradients(Function<Trace, Tensor> f) {
    return gradients(f, Reverse.Options.DEFAULT);
  }

  static CallbackLowering.Result byCallbacks(
      Function<Trace, Tensor> f, Map<String, HostTensor> inputs, Map<String, HostTensor> weights) {
    Program plain = Trace.program("plain", true, t -> t.output("loss", f.apply(t)));
    Set<String> wanted = weights.keySet();
    return CallbackLowering.of(plain).run(inputs, weights, "loss", wanted, 512); // MiB of stack
  }

  /// Compares a target's gradients with those of callbacks.
  static void compare(Target target, Function<Trace, Tensor> f, Map<String, HostTensor> in) {
    Program p = gradients(f);
    try (StateStore state = StateStore.of(5, p)) {
      Map<String, HostTensor> inputs = new LinkedHashMap<>();
      p.inputs().forEach(i -> inputs.put(i.name(), in.get(i.name())));
      Map<String, HostTensor> weights = new LinkedHashMap<>();
      p.state().forEach(s -> weights.put(s.entry().name(), state.get(s.entry().name())));
      CallbackLowering.Result meaning = byCallbacks(f, inputs, weights);
      Map<String, HostTensor> found = run(target, p, state, in);
      meaning
          .gradients()
          .forEach((name, g) -> near(found.get("d " + name).toDoubles(), g.toDoubles()));
    }
  }

  static Map<String, HostTensor> run(Target target, Program p, Map<String, HostTensor> in) {
    try (StateStore state = StateStore.of(5, p)) {
      return run(target, p, state, in);
    }
  }

  static Map<String, HostTensor> run(
      Target target, Program p, StateStore state, Map<String, HostTensor> in) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    try (Executable run = target.compile(p, state, Target.Options.DEFAULT)) {
      p.inputs().forEach(i -> Segments.write(run.input(i.name()), in.get(i.name())));
      run.run();
      p.outputs()
          .forEach(o -> out.put(o.name(), Segments.read(run.output(o.name()), o.value().type())));
    }
    return out;
  }

  static void near(double[] found, double... expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i])
          .isCloseTo(expected[i], within(1e-9 * Math.max(1, Math.abs(expected[i]))));
    }
  }
}
