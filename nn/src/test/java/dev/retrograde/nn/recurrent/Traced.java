package dev.retrograde.nn.recurrent;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.interp.Interpreter;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// A traced function of named inputs, run in the interpreter. State starts with numbers drawn by
/// its name, so two programs with equal names see equal numbers.
final class Traced {
  /// Traces results from inputs.
  @FunctionalInterface
  interface Body {
    List<Tensor> trace(Trace t, Map<String, Tensor> inputs);
  }

  final Map<String, HostTensor> inputs;
  final Map<String, HostTensor> state = new LinkedHashMap<>();
  final Program program;

  private Traced(Program program, Map<String, HostTensor> inputs) {
    this.program = program;
    this.inputs = new LinkedHashMap<>(inputs);
    for (Program.StateParam s : program.state()) {
      Random random = new Random(s.entry().name().hashCode());
      state.put(
          s.entry().name(), HostTensor.fill(s.entry().type(), i -> random.nextGaussian() / 2));
    }
  }

  /// Results as outputs `y0`, `y1` and so on.
  static Traced of(Map<String, HostTensor> inputs, Body body) {
    return new Traced(
        Trace.program("test", true, t -> outputs(t, results(t, inputs, body))), inputs);
  }

  /// The same with the gradients of a weighted sum of all results, `d NAME` for every parameter and
  /// floating input, and that sum as `loss`.
  static Traced differentiated(Map<String, HostTensor> inputs, Body body) {
    return new Traced(
        Trace.program(
            "test",
            true,
            t -> {
              Map<String, Tensor> named = new LinkedHashMap<>();
              inputs.forEach((name, x) -> named.put(name, t.input(name, x.type())));
              List<Tensor> results = body.trace(t, named);
              outputs(t, results);
              differentiate(t, named, weighted(t, results));
            }),
        inputs);
  }

  private static List<Tensor> results(Trace t, Map<String, HostTensor> inputs, Body body) {
    Map<String, Tensor> named = new LinkedHashMap<>();
    inputs.forEach((name, x) -> named.put(name, t.input(name, x.type())));
    return body.trace(t, named);
  }

  private static void outputs(Trace t, List<Tensor> results) {
    for (int i = 0; i < results.size(); i++) {
      t.output("y" + i, results.get(i));
    }
  }

  private static Tensor weighted(Trace t, List<Tensor> results) {
    Random random = new Random(11);
    List<Tensor> sums = new ArrayList<>();
    for (Tensor y : results) {
      HostTensor weights = HostTensor.fill(y.type(), i -> random.nextGaussian());
      sums.add(t.sum(t.mul(y, t.op(new MoveOp.Literal(weights)))));
    }
    return sums.stream().reduce(t::add).orElseThrow();
  }

  private static void differentiate(Trace t, Map<String, Tensor> inputs, Tensor loss) {
    t.output("loss", loss);
    t.phase(Phase.BACKWARD);
    Map<String, Value> wrt = new LinkedHashMap<>();
    inputs.forEach((name, x) -> {
      if (x.dtype().isFloat()) {
        wrt.put(name, x.value());
      }
    });
    for (StateEntry e : t.state()) {
      if (e.role() == Role.PARAMETER) {
        wrt.put(e.name(), t.stateValue(e.name()).value());
      }
    }
    Reverse.gradients(t.emit(), t.nodes(), loss.value(), wrt)
        .forEach((name, g) -> t.output("d " + name, new Tensor(g)));
  }

  Map<String, HostTensor> run() {
    return Interpreter.run(program, inputs, state).outputs();
  }

  HostTensor result(int i) {
    return run().get("y" + i);
  }

  double[] parameter(String name) {
    return numbers(state.get(name));
  }

  /// Largest relative difference of the gradients from central differences along random directions.
  double gradientError() {
    Random random = new Random(5);
    Map<String, HostTensor> at = run();
    double worst = 0;
    for (String output : at.keySet()) {
      if (!output.startsWith("d ")) {
        continue;
      }
      String name = output.substring(2);
      Map<String, HostTensor> home = inputs.containsKey(name) ? inputs : state;
      HostTensor x = home.get(name);
      double[] direction = random.doubles(x.size(), -1, 1).toArray();
      double up = moved(home, name, x, direction, 1e-5);
      double down = moved(home, name, x, direction, -1e-5);
      home.put(name, x);
      double expected = (up - down) / 2e-5;
      double found = 0;
      double size = 1;
      for (int i = 0; i < direction.length; i++) {
        double part = at.get(output).get(i) * direction[i];
        found += part;
        size += Math.abs(part);
      }
      worst = Math.max(worst, Math.abs(found - expected) / size);
    }
    return worst;
  }

  private double moved(
      Map<String, HostTensor> home, String name, HostTensor x, double[] direction, double h) {
    home.put(name, HostTensor.fill(x.type(), i -> x.get(i) + h * direction[i]));
    return run().get("loss").get(0);
  }

  static double[] numbers(HostTensor x) {
    double[] all = new double[x.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = x.get(i);
    }
    return all;
  }

  static HostTensor random(long seed, int... dims) {
    Random random = new Random(seed);
    return HostTensor.fill(Type.of(DType.F64, dims), i -> random.nextGaussian());
  }

  static HostTensor codes(int bound, long seed, int... dims) {
    Random random = new Random(seed);
    return HostTensor.fill(Type.of(DType.I32, dims), i -> random.nextInt(bound));
  }

  static HostTensor ints(double... values) {
    return HostTensor.of(Type.of(DType.I32, values.length), values);
  }
}
