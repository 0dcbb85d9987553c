package dev.retrograde.nn;

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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// A layer on one input in the interpreter: results, new state, and gradients of a random weighted
/// sum of the results.
final class Probe {
  final Program program;
  final Map<String, HostTensor> state = new LinkedHashMap<>();
  final Map<String, HostTensor> inputs = new HashMap<>();
  private final Random random;

  private Probe(Program program, long seed) {
    this.program = program;
    this.random = new Random(seed);
    for (Program.StateParam s : program.state()) {
      Type t = s.entry().type();
      boolean variance = s.entry().name().endsWith("running_var");
      state.put(
          s.entry().name(),
          HostTensor.fill(t, i -> variance ? 0.5 + random.nextDouble() : random.nextGaussian()));
    }
    for (Program.Named i : program.inputs()) {
      Type t = i.value().type();
      inputs.put(
          i.name(),
          t.dtype() == DType.I32
              ? HostTensor.fill(t, k -> random.nextInt(3))
              : HostTensor.fill(t, k -> random.nextGaussian()));
    }
  }

  /// `layer` on `x`, with the gradients of every parameter and of x as outputs `d NAME`.
  static Probe of(Layer layer, boolean training, Type input) {
    long seed = 7;
    return new Probe(
        Trace.program(
            "probe",
            training,
            t -> {
              Tensor x = t.input("x", input);
              Tensor y = layer.apply(t, x);
              t.output("y", y);
              Random r = new Random(seed + 1);
              Tensor weights =
                  t.op(new MoveOp.Literal(HostTensor.fill(y.type(), i -> r.nextGaussian())));
              loss(t, x, t.sum(t.mul(y, weights)));
            }),
        seed);
  }

  /// A scalar of `x` that `f` traces, with its gradient.
  static Probe scalar(Type input, java.util.function.BiFunction<Trace, Tensor, Tensor> f) {
    return new Probe(
        Trace.program(
            "probe",
            true,
            t -> {
              Tensor x = t.input("x", input);
              loss(t, x, f.apply(t, x));
            }),
        7);
  }

  private static void loss(Trace t, Tensor x, Tensor loss) {
    t.output("loss", loss);
    t.phase(Phase.BACKWARD);
    Map<String, Value> wrt = new LinkedHashMap<>();
    wrt.put("x", x.value());
    for (StateEntry e : t.state()) {
      if (e.role() == Role.PARAMETER) {
        wrt.put(e.name(), t.stateValue(e.name()).value());
      }
    }
    Reverse.gradients(t.emit(), t.nodes(), loss.value(), wrt)
        .forEach((name, g) -> t.output("d " + name, new Tensor(g)));
  }

  Interpreter.Result run() {
    return Interpreter.run(program, inputs, state);
  }

  HostTensor output(String name) {
    return run().outputs().get(name);
  }

  double loss() {
    return output("loss").get(0);
  }

  /// Names that have a gradient.
  List<String> differentiated() {
    return program.outputs().stream()
        .map(Program.Named::name)
        .filter(n -> n.startsWith("d "))
        .map(n -> n.substring(2))
        .toList();
  }

  /// Largest relative difference of gradients from central differences along random directions.
  double gradientError() {
    double worst = 0;
    Interpreter.Result at = run();
    for (String name : differentiated()) {
      Map<String, HostTensor> home = name.equals("x") ? inputs : state;
      HostTensor v = home.get(name);
      double[] d = random.doubles(v.size(), -1, 1).toArray();
      double h = 1e-5;
      home.put(name, moved(v, d, h));
      double up = loss();
      home.put(name, moved(v, d, -h));
      double down = loss();
      home.put(name, v);
      HostTensor g = at.outputs().get("d " + name);
      double expected = (up - down) / (2 * h);
      double found = 0;
      double size = 1;
      for (int i = 0; i < d.length; i++) {
        found += g.get(i) * d[i];
        size += Math.abs(g.get(i) * d[i]);
      }
      worst = Math.max(worst, Math.abs(found - expected) / size);
    }
    return worst;
  }

  private static HostTensor moved(HostTensor v, double[] d, double h) {
    return HostTensor.fill(v.type(), i -> v.get(i) + h * d[i]);
  }
}
