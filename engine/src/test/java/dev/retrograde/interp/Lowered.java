package dev.retrograde.interp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiFunction;

/// Programs run by [CallbackLowering], and their gradients against central differences of what the
/// interpreter computes (f64, step 1e-5, relative error 1e-6).
final class Lowered {
  private Lowered() {}

  static final DType F = DType.F64;
  static final Type SCALAR = Type.of(F);
  static final Type INT = Type.of(DType.I32);
  static final double H = 1e-5;

  static HostTensor num(double v) {
    return HostTensor.scalar(F, v);
  }

  static HostTensor whole(int v) {
    return HostTensor.scalar(DType.I32, v);
  }

  static HostTensor random(long seed, int... dims) {
    SplittableRandom r = new SplittableRandom(seed);
    return HostTensor.fill(
        Type.of(F, dims), i -> r.nextDouble(0.3, 1.2) * (r.nextBoolean() ? 1 : -1));
  }

  static Program program(BiFunction<Trace, Control, Tensor> loss) {
    Program p = Trace.program("p", true, t -> t.output("loss", loss.apply(t, new Control(t))));
    return MethodShapesTest.checked(p, Map.of());
  }

  static CallbackLowering.Result lowered(Program p, Map<String, HostTensor> in) {
    return lowered(CallbackLowering.of(p), p, in);
  }

  static CallbackLowering.Result lowered(
      CallbackLowering lowering, Program p, Map<String, HostTensor> in) {
    return lowering.run(inputs(p, in), state(p, in), "loss", floats(in), 512);
  }

  static Set<String> floats(Map<String, HostTensor> in) {
    Map<String, HostTensor> all = new HashMap<>(in);
    all.values().removeIf(t -> !t.dtype().isFloat());
    return all.keySet();
  }

  static Map<String, HostTensor> inputs(Program p, Map<String, HostTensor> in) {
    Map<String, HostTensor> own = new HashMap<>();
    p.inputs().forEach(i -> own.put(i.name(), in.get(i.name())));
    return own;
  }

  static Map<String, HostTensor> state(Program p, Map<String, HostTensor> in) {
    Map<String, HostTensor> own = new HashMap<>();
    p.state().forEach(s -> own.put(s.entry().name(), in.get(s.entry().name())));
    return own;
  }

  static double loss(Program p, Map<String, HostTensor> in) {
    return Interpreter.run(p, inputs(p, in), state(p, in)).outputs().get("loss").get(0);
  }

  /// Every floating input and state entry, element by element.
  static CallbackLowering.Result check(String what, Program p, Map<String, HostTensor> in) {
    CallbackLowering.Result r = lowered(p, in);
    assertThat(r.outputs().get("loss").get(0)).as(what).isEqualTo(loss(p, in));
    for (String name : floats(in)) {
      HostTensor at = in.get(name);
      for (int e = 0; e < at.size(); e++) {
        double expected =
            (loss(p, moved(in, name, e, H)) - loss(p, moved(in, name, e, -H))) / 2 / H;
        assertThat(r.gradients().get(name).get(e))
            .as("%s: gradient of %s, element %d", what, name, e)
            .isCloseTo(expected, within(1e-6 * Math.max(1, Math.abs(expected))));
      }
    }
    return r;
  }

  static Map<String, HostTensor> moved(Map<String, HostTensor> in, String name, int e, double by) {
    Map<String, HostTensor> all = new HashMap<>(in);
    HostTensor t = in.get(name).copy();
    t.set(e, t.get(e) + by);
    all.put(name, t);
    return all;
  }

  static Tensor tanh(Trace t, Tensor a) {
    return t.apply(Functions.TANH, a);
  }

  static Tensor element(Trace t, Tensor a, Tensor i) {
    return t.op(new MoveOp.Gather(), a, i);
  }

  static HostTensor whole(int[] v) {
    return HostTensor.fill(Type.of(DType.I32, v.length), i -> v[i]);
  }
}
